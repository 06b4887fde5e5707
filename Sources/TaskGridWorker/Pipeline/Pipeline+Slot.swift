import Foundation
import ServiceSupport
import Synchronization
import TaskGridCore

extension Pipeline {
    /// Runs the items of one slot, as long as the host lives.
    ///
    /// The items run one after another in one child task, so that a short one costs no task of its own. To cancel one
    /// item the child is cancelled; it ends, and the next one goes on with the slot. The child alone runs on the executor, so that
    /// its cancellation needs no thread that computing code holds.
    func runSlot(_ slot: Int, on executor: SlotExecutor) async {
        while !Task.isCancelled {
            slotSignals[slot].lower()
            state.withLock { $0.slotTable.restarted(slot) }
            await withTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: executor) { await self.work(slot) }
                await cancelSignals[slot].wait()
                group.cancelAll()
            }
        }
    }

    /// Runs items until the task is cancelled.
    private func work(_ slot: Int) async {
        var outcome: Results.Outcome?
        var now = Moment(clock.now())
        while true {
            let step = advance(slot, ending: outcome, at: now)
            outcome = nil
            guard !Task.isCancelled else { return }
            switch step {
            case .run(let assignment): outcome = await run(assignment)
            case .announce(let batch): await announce(batch, slot)
            case .yield: await Task.yield()
            case .rest: await slotSignals[slot].wait()
            case .restart:
                // This task is about to be cancelled by whoever ended the item; a task that went on before would be cancelled with
                // an item that nobody meant.
                while !Task.isCancelled { await slotSignals[slot].wait() }
                return
            }
            now = Moment(clock.now())
        }
    }

    /// Counts the end of the slot's item, if any, and says what it does next.
    private func advance(_ slot: Int, ending outcome: Results.Outcome?, at now: Moment) -> SlotTable.Step {
        // A cancelled slot begins nothing: what it would begin waits for another, or is given back.
        let isCancelled = Task.isCancelled
        var sends = false
        var setsAlarm = false
        var ends = false
        var woken: [Int] = []
        let step = state.withLock { state -> SlotTable.Step in
            if let outcome {
                if let finished = state.slotTable.end(slot, outcome, at: now) {
                    state.book(finished)
                    // The rest of the batch is short by rule; an item that was not shall not keep its neighbours waiting.
                    sends = finished.item.runTime > .milliseconds(1)
                }
                ends = state.isDraining
            }
            guard !isCancelled else {
                sends = true
                return .restart
            }
            let step = state.slotTable.next(slot, at: now)
            state.slotsMoved = now
            switch step {
            case .run(let assignment):
                guard let deadline = assignment.deadline, state.alarm.map({ deadline < $0 }) ?? true else { break }
                state.alarm = deadline
                setsAlarm = true
            case .rest:
                state.resting.append(slot)
                sends = true
            case .yield:
                sends = true
                // Slots rest beside what waits while something runs alone, or is about to.
                woken = state.popResting(state.slotTable.waitingBatches)
            case .restart: sends = true
            case .announce: break
            }
            if sends { sends = !state.resultBuffer.isEmpty }
            if outcome != nil { state.progress += 1 }
            return step
        }
        wakeSlots(woken)
        if sends { senderSignal.raise() }
        if setsAlarm { alarmSignal.raise() }
        if ends { endSignal.raise() }
        return step
    }

    /// Runs one item, whatever comes of it.
    private func run(_ assignment: SlotTable.Assignment) async -> Results.Outcome {
        let item = assignment.item
        guard let worker = settings.workers[assignment.type] else {
            return .failed(TaskError(.failed, "worker \(settings.id) does not run tasks of type \(assignment.type)"))
        }
        let context = TaskContext(
            id: item.id, attempt: item.attempt, type: assignment.type, deadline: assignment.deadline?.instant, logger: logger
        )
        Failpoint.runBegun.pass()
        do {
            let result = try await worker.perform(item.payload, context: context)
            Failpoint.runEnded.pass()
            guard result.count <= Self.maximumResultSize else {
                return .failed(
                    TaskError(.resultTooLarge, "a result of \(result.count) bytes; at most \(Self.maximumResultSize) can be sent")
                )
            }
            return .succeeded(result)
        } catch {
            // Nobody blames a task for the end of its host; had the item alone been cancelled, its end is said already.
            if Task.isCancelled { return .returned }
            guard let error = error as? TaskError else { return .failed(TaskError(.failed, "\(error)")) }
            return .failed(error.code == .invalidInput ? error : TaskError(.failed, error.message))
        }
    }

    /// The health of all slots together: they are healthy however long their tasks run, but not where work waits beside free slots.
    func slots(at now: ContinuousClock.Instant) -> LoopReading {
        let (isRunning, isHeldUp, moved, unresponsive) = state.withLock { state in
            (
                state.slotTable.isRunning, state.slotTable.hasWaiting && !state.resting.isEmpty, state.slotsMoved,
                state.isStuck ? state.slotTable.unresponsive : []
            )
        }
        let time = Moment(now) - moved
        let problem: String? =
            if !unresponsive.isEmpty {
                "have no free slot, since the code of \(unresponsive.count) tasks does not return though it was cancelled"
            } else if isHeldUp && time > Vitals.defaultLimit {
                "have rested for \(time.components.seconds) s though work waits"
            } else {
                nil
            }
        return LoopReading(name: "slots", state: isRunning ? .working : .waiting, time: time, problem: problem)
    }

    /// The most bytes of a result: what a body may have, less room for a batch's own bytes.
    static let maximumResultSize = WireFormat.maximumBodySize - 1024

    /// Says that the batch's items are about to run, and has it confirmed.
    private func announce(_ batch: WorkBatch, _ slot: Int) async {
        var outgoing = ResultBuffer.OutgoingBatch()
        outgoing.finished = batch.rest.map { batch.finished($0, .started) }
        guard await publishUntilConfirmed(resultBatch(outgoing).publications) else { return }
        Failpoint.startAnnounced.pass()
        state.withLock { $0.slotTable.announced(slot) }
    }
}
