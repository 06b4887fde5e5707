import DequeModule
import TaskGridCore

/// The batches that wait, and the items that run in each slot.
///
/// A slot runs the items of one batch one after another, then takes the next batch that waits. An item's end is said
/// once: by its slot, or earlier by whoever ends it from outside (timeout, cancellation, drain). In that case the slot
/// is marked `mustRestart`, so that the cancellation of its task never meets the next item, and the rest of its batch
/// waits again for any slot.
///
/// Pure: no clock, lock or task in it.
struct SlotTable: Sendable {
    /// The next step of a slot.
    enum Step: Sendable {
        case run(Assignment)
        /// Announce the batch's items, then call `announced`.
        case announce(WorkBatch)
        /// A batch is done and another one waits: let others have the thread first.
        case yield
        /// Nothing waits that may begin.
        case rest
        /// An item was ended from outside: the slot goes on in a task that is not cancelled.
        case restart
    }

    /// An item to run now.
    struct Assignment: Sendable {
        let item: Work.Item
        let type: TaskType
        let deadline: Moment?
    }

    private struct Run {
        let item: Work.Item
        let began: Moment
        let deadline: Moment?
    }

    /// An attempt whose end was said from outside, and whose code has not returned.
    private struct Unresponsive {
        let attempt: RegistryMessage.Held
        let since: Moment
    }

    private struct Slot {
        var batch: WorkBatch?
        var run: Run?
        var mustRestart = false
        var unresponsive: Unresponsive?
        /// The latest item that it ran.
        var last: (type: TaskType, runTime: Duration)?
    }

    private var queue = Deque<WorkBatch>()
    private var slots: [Slot]
    /// The delivery that was taken up to run alone, until its result is confirmed.
    private var alone: Int?

    init(slots: Int) {
        self.slots = Array(repeating: Slot(), count: slots)
    }

    /// Something waits that a free slot could take up.
    var hasWaiting: Bool { !queue.isEmpty && canBegin }
    /// Batches that no slot has taken up.
    var waitingBatches: Int { queue.count }
    var isRunning: Bool { slots.contains { $0.run != nil } }

    /// The items that run.
    var running: [Work.Item] { slots.compactMap { $0.run?.item } }

    /// The items that have not begun.
    var waiting: [Work.Item] { slots.flatMap { $0.batch?.rest ?? [] } + queue.flatMap(\.rest) }

    /// The attempts that were ended from outside and whose code has not returned.
    var unresponsive: [RegistryMessage.Held] { slots.compactMap { $0.unresponsive?.attempt } }

    /// Whether no slot will take up what waits, unless it is seen to do so: none has anything else to do, and the code of one has not
    /// returned since `instant`. Such code may hold a thread too, which other slots then lack.
    func isStuck(since instant: Moment) -> Bool {
        hasWaiting && slots.allSatisfy { $0.batch == nil } && slots.contains { $0.unresponsive.map { $0.since <= instant } ?? false }
    }

    /// When the first of the running items runs out of time.
    var firstDeadline: Moment? { slots.compactMap { $0.run?.deadline }.min() }

    mutating func add(_ batch: WorkBatch) {
        queue.append(batch)
    }

    /// Lets every free slot take up an item that waits behind one which has run for so long already: the items of a batch run one
    /// after another because they are expected to be short.
    mutating func divideBatches(behind runTime: Duration, at now: Moment) {
        for slot in slots.indices {
            guard let run = slots[slot].run, now - run.began >= runTime, let parts = slots[slot].batch?.divide() else { continue }
            for part in parts.reversed() { queue.prepend(part) }
        }
    }

    // MARK: Actions of a slot

    /// The slot's item has ended by itself.
    ///
    /// - Returns: nil where its end was said already.
    mutating func end(_ slot: Int, _ outcome: Results.Outcome, at now: Moment) -> Finished? {
        slots[slot].unresponsive = nil
        guard let run = slots[slot].run, let batch = slots[slot].batch else { return nil }
        slots[slot].run = nil
        slots[slot].last = (batch.type, now - run.began)
        // Zero would say that it is not known.
        return batch.finished(run.item, outcome, runTime: max(.microseconds(1), now - run.began))
    }

    /// How long the slots' latest items of each type ran, on average; one that runs counts with its time so far where that is longer.
    /// An item that has not run for longer than `least` does not count.
    func runTimes(at now: Moment, beyond least: Duration) -> [TaskType: Duration] {
        var sums: [TaskType: (sum: Duration, count: Int)] = [:]
        for slot in slots {
            var latest = slot.last
            if let run = slot.run, let type = slot.batch?.type {
                let soFar = now - run.began
                if soFar > least, latest.map({ $0.type != type || $0.runTime < soFar }) ?? true { latest = (type, soFar) }
            }
            guard let latest else { continue }
            let (sum, count) = sums[latest.type] ?? (.zero, 0)
            sums[latest.type] = (sum + latest.runTime, count + 1)
        }
        return sums.mapValues { $0.sum / $0.count }
    }

    mutating func next(_ slot: Int, at now: Moment) -> Step {
        guard !slots[slot].mustRestart else { return .restart }
        if slots[slot].batch?.rest.isEmpty == true {
            slots[slot].batch = nil
            return queue.isEmpty ? .rest : .yield
        }
        if slots[slot].batch == nil, canBegin {
            slots[slot].batch = queue.popFirst()
            if let batch = slots[slot].batch, batch.isAlone { alone = batch.delivery }
        }
        guard let batch = slots[slot].batch else { return .rest }
        guard !batch.announces else { return .announce(batch) }
        guard let item = slots[slot].batch?.next() else { return .yield }
        let deadline = item.timeout.map { now + $0 }
        slots[slot].run = Run(item: item, began: now, deadline: deadline)
        return .run(Assignment(item: item, type: batch.type, deadline: deadline))
    }

    /// Whether a free slot may take up what waits first. A batch that runs alone waits for the others to end. They wait for its
    /// result to be confirmed, because until then a death that one of them causes would be taken for its own.
    private var canBegin: Bool {
        alone == nil && (queue.first?.isAlone != true || slots.allSatisfy { $0.batch == nil })
    }

    /// All that is to be said of a delivery is confirmed.
    mutating func confirmed(_ delivery: Int) {
        if alone == delivery { alone = nil }
    }

    /// The slot's batch, where it still has one, needs no announcement any more.
    mutating func announced(_ slot: Int) {
        slots[slot].batch?.announces = false
    }

    /// The slot goes on in a new task.
    mutating func restarted(_ slot: Int) {
        slots[slot].mustRestart = false
    }

    // MARK: Ends from outside

    /// Ends what has run out of time.
    mutating func expire(at now: Moment) -> Ended {
        endRuns(at: now) { run in
            guard let deadline = run.deadline, deadline <= now else { return nil }
            return .failed(TaskError(.timedOut, "ran longer than the \(run.item.timeout?.milliseconds ?? 0) ms that it may"))
        }
    }

    /// The end of an attempt that was cancelled.
    static let cancelled = Results.Outcome.failed(TaskError(.cancelled, "cancelled on request"))

    /// Ends the attempts that are asked for, begun or not.
    mutating func cancel(_ attempts: Set<RegistryMessage.Held>, at now: Moment) -> Ended {
        var ended = endRuns(at: now) { attempts.contains($0.item.held) ? Self.cancelled : nil }
        ended.finished += remove(Self.cancelled) { attempts.contains($0.held) }
        return ended
    }

    /// Gives back what has not begun.
    ///
    /// - Parameter types: only of these; nil: of all.
    mutating func returnWaiting(of types: Set<TaskType>? = nil) -> [Finished] {
        remove(.returned, of: types) { _ in true }
    }

    /// Gives back what runs.
    mutating func returnRunning(at now: Moment) -> Ended {
        endRuns(at: now) { _ in .returned }
    }

    /// Items that were ended from outside, and the slots whose tasks are to be cancelled.
    struct Ended: Sendable {
        var finished: [Finished] = []
        var slots: [Int] = []
    }

    private mutating func endRuns(at now: Moment, _ outcome: (Run) -> Results.Outcome?) -> Ended {
        var ended = Ended()
        for slot in slots.indices {
            guard let run = slots[slot].run, let batch = slots[slot].batch, let outcome = outcome(run) else { continue }
            ended.finished.append(batch.finished(run.item, outcome, runTime: now - run.began))
            ended.slots.append(slot)
            slots[slot] = Slot(mustRestart: true, unresponsive: Unresponsive(attempt: run.item.held, since: now))
            // Code that does not heed its cancellation holds up its slot, not its neighbours of one message.
            if !batch.rest.isEmpty { queue.prepend(batch) }
        }
        return ended
    }

    private mutating func remove(
        _ outcome: Results.Outcome, of types: Set<TaskType>? = nil, where condition: (Work.Item) -> Bool
    ) -> [Finished] {
        var finished: [Finished] = []
        func isMeant(_ batch: WorkBatch) -> Bool { types?.contains(batch.type) ?? true }
        for slot in slots.indices {
            guard var batch = slots[slot].batch, isMeant(batch) else { continue }
            finished += batch.remove(where: condition).map { batch.finished($0, outcome) }
            slots[slot].batch = batch
        }
        for index in queue.indices where isMeant(queue[index]) {
            let items = queue[index].remove(where: condition)
            finished += items.map { queue[index].finished($0, outcome) }
        }
        queue.removeAll { $0.rest.isEmpty }
        return finished
    }
}
