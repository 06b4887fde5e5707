import DequeModule
import HeapModule
import TaskGridCore

/// The types that the dispatcher knows, and those of them that need a look now: a turn or a tick costs as much as the types that it
/// concerns, however many are known.
///
/// Each lookup of a type *touches* it. ``examine(at:)`` works out what follows for the touched ones alone: whether they may hand
/// out, have tasks handed out, are due later, or have an event to tell.
final class TypeQueues {
    /// When the next scheduled task of a type is due.
    private struct Due: Comparable {
        let time: Timestamp
        let typeQueue: TypeQueue

        static func < (lhs: Due, rhs: Due) -> Bool { lhs.time < rhs.time }
        static func == (lhs: Due, rhs: Due) -> Bool { lhs.time == rhs.time }
    }

    private var typeQueues: [TaskType: TypeQueue] = [:]
    /// Looked up since the latest ``settle(at:)``.
    private var touched: [TypeQueue] = []
    /// Those that may have something to hand out, the one whose turn it is first.
    private var ready: Deque<TypeQueue> = []
    /// Those with tasks handed out.
    private var handing: [TaskType: TypeQueue] = [:]
    /// Those that are due later. An entry that is no type queue's `awaitedDue` any more is dropped when it comes up.
    private var dues = Heap<Due>()
    /// Those that nobody uses, the longest unused first. An entry that is not its type queue's `unusedSince` any more is dropped when it
    /// comes up.
    private var unused: Deque<(since: Timestamp, typeQueue: TypeQueue)> = []
    /// Those of which an event is to tell.
    private var changed: [TaskType: TypeQueue] = [:]
    /// Those that are told of though nothing changed, so that a listener that missed an event learns of it.
    private var repeated: Deque<TaskType> = []

    init() {}

    init(_ typeQueues: [TypeQueue]) {
        for typeQueue in typeQueues { add(typeQueue) }
    }

    var count: Int { typeQueues.count }
    var types: some Collection<TaskType> { typeQueues.keys }
    /// To read, not to change.
    var all: some Collection<TypeQueue> { typeQueues.values }

    subscript(type: TaskType) -> TypeQueue? {
        guard let typeQueue = typeQueues[type] else { return nil }
        touch(typeQueue)
        return typeQueue
    }

    func isKnown(_ type: TaskType) -> Bool { typeQueues[type] != nil }

    func add(_ typeQueue: TypeQueue) {
        typeQueues[typeQueue.type] = typeQueue
        touch(typeQueue)
    }

    func remove(_ type: TaskType) -> TypeQueue? {
        guard let typeQueue = typeQueues.removeValue(forKey: type) else { return nil }
        (handing[type], changed[type]) = (nil, nil)
        if typeQueue.isReady { ready.removeAll { $0 === typeQueue } }
        touched.removeAll { $0 === typeQueue }
        typeQueue.awaitedDue = nil
        typeQueue.unusedSince = nil
        return typeQueue
    }

    /// Those with tasks handed out, touched.
    func withTasksHandedOut() -> [TypeQueue] {
        for typeQueue in handing.values { touch(typeQueue) }
        return Array(handing.values)
    }

    /// How many tasks run, of all types.
    var running: Int { handing.values.reduce(0) { $0 + $1.running } }

    /// Something about it has changed.
    func touch(_ typeQueue: TypeQueue) {
        guard !typeQueue.isTouched else { return }
        typeQueue.isTouched = true
        touched.append(typeQueue)
    }

    // MARK: Queues that need a look

    /// Works out what the touched types need.
    func examine(at now: Timestamp) {
        while let due = dues.min, due.time <= now {
            dues.removeMin()
            if due.typeQueue.awaitedDue == due.time { touch(due.typeQueue) }
        }
        for typeQueue in touched {
            if Admission.mayHandOut(typeQueue, at: now) { makeReady(typeQueue) }
            if typeQueue.handed.isEmpty {
                handing[typeQueue.type] = nil
                typeQueue.audit.next = nil
            } else {
                handing[typeQueue.type] = typeQueue
            }
            if typeQueue.isDirty { changed[typeQueue.type] = typeQueue }
            noteUse(of: typeQueue, now)
            if typeQueue.nextDue != typeQueue.awaitedDue {
                typeQueue.awaitedDue = typeQueue.nextDue
                if let due = typeQueue.nextDue { expect(due, typeQueue) }
            }
        }
    }

    private func noteUse(of typeQueue: TypeQueue, _ now: Timestamp) {
        guard typeQueue.isUnused != (typeQueue.unusedSince != nil) else { return }
        typeQueue.unusedSince = typeQueue.isUnused ? now : nil
        guard typeQueue.isUnused else { return }
        unused.append((now, typeQueue))
        // Those that were used again stay behind: about one for each type at most.
        if unused.count > 2 * typeQueues.count + 64 { unused.removeAll { $0.typeQueue.unusedSince != $0.since } }
    }

    /// Takes out the types that nobody has used since `time` or longer; those that are not forgotten count as used until now.
    func takeUnused(since time: Timestamp, limit: Int) -> [TaskType] {
        var types: [TaskType] = []
        while types.count < limit, let (since, typeQueue) = unused.first, since <= time {
            unused.removeFirst()
            guard typeQueue.unusedSince == since else { continue }
            typeQueue.unusedSince = nil
            touch(typeQueue)
            if typeQueue.isUnused { types.append(typeQueue.type) }
        }
        return types
    }

    private func expect(_ due: Timestamp, _ typeQueue: TypeQueue) {
        dues.insert(Due(time: due, typeQueue: typeQueue))
        // Due times that were replaced stay behind: about one for each type at most.
        if dues.count > 2 * typeQueues.count + 64 {
            dues = Heap(typeQueues.values.compactMap { typeQueue in typeQueue.awaitedDue.map { Due(time: $0, typeQueue: typeQueue) } })
        }
    }

    /// A turn is over, and no other is under way.
    func settle(at now: Timestamp) {
        for typeQueue in touched { typeQueue.settle() }
        examine(at: now)
        for typeQueue in touched { typeQueue.isTouched = false }
        touched.removeAll(keepingCapacity: true)
    }

    /// When the next scheduled task is due after `now`. A task that was due and is not taken waits for room, not for time.
    func nextDue(after now: Timestamp) -> Timestamp? {
        while let due = dues.min, due.time <= now || due.typeQueue.awaitedDue != due.time { dues.removeMin() }
        return dues.min?.time
    }

    /// When the time of the next attempt may be up. One whose time was up and that goes on waits for the broker, not for time.
    func nextTimeout(after now: Moment) -> Moment? {
        handing.values.lazy.compactMap(\.timeouts.next).filter { $0 > now }.min()
    }

    /// Those with attempts whose time may be up, touched.
    func timedOut(at now: Moment) -> [TypeQueue] {
        let late = handing.values.filter { $0.timeouts.next.map { $0 <= now } ?? false }
        for typeQueue in late { touch(typeQueue) }
        return late
    }

    // MARK: In turns

    /// How many may have something to hand out.
    var readyCount: Int { ready.count }

    /// Takes out the one whose turn it is.
    func popReady() -> TypeQueue? {
        let typeQueue = ready.popFirst()
        typeQueue?.isReady = false
        return typeQueue
    }

    /// Puts one among those that may have something to hand out: before the others with `isFirst`, otherwise after them.
    func makeReady(_ typeQueue: TypeQueue, isFirst: Bool = false) {
        guard !typeQueue.isReady else { return }
        typeQueue.isReady = true
        if isFirst { ready.prepend(typeQueue) } else { ready.append(typeQueue) }
    }

    // MARK: Events

    /// The types that changed since the latest call, and some of the others.
    ///
    /// - Parameter repeating: how many of the others.
    func takeChanged(repeating: Int) -> [TypeQueue] {
        for _ in 0..<repeating {
            guard let type = repeated.popFirst() else { break }
            if let typeQueue = typeQueues[type] { changed[type] = typeQueue }
        }
        defer { changed = [:] }
        return changed.values.sorted { $0.type < $1.type }
    }

    /// All types are told of once more, in their turn.
    func repeatAll() {
        if repeated.isEmpty { repeated.append(contentsOf: typeQueues.keys) }
    }
}
