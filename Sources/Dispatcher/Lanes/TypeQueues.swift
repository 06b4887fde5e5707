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
        let lane: Lane

        static func < (lhs: Due, rhs: Due) -> Bool { lhs.time < rhs.time }
        static func == (lhs: Due, rhs: Due) -> Bool { lhs.time == rhs.time }
    }

    private var lanes: [TaskType: Lane] = [:]
    /// Looked up since the latest ``settle(at:)``.
    private var touched: [Lane] = []
    /// Those that may have something to hand out, the one whose turn it is first.
    private var ready: Deque<Lane> = []
    /// Those with tasks handed out.
    private var handing: [TaskType: Lane] = [:]
    /// Those that are due later. An entry that is no lane's `awaitedDue` any more is dropped when it comes up.
    private var dues = Heap<Due>()
    /// Those that nobody uses, the longest unused first. An entry that is not its lane's `unusedSince` any more is dropped when it comes up.
    private var unused: Deque<(since: Timestamp, lane: Lane)> = []
    /// Those of which an event is to tell.
    private var changed: [TaskType: Lane] = [:]
    /// Those that are told of though nothing changed, so that a listener that missed an event learns of it.
    private var repeated: Deque<TaskType> = []

    init() {}

    init(_ lanes: [Lane]) {
        for lane in lanes { add(lane) }
    }

    var count: Int { lanes.count }
    var types: some Collection<TaskType> { lanes.keys }
    /// To read, not to change.
    var all: some Collection<Lane> { lanes.values }

    subscript(type: TaskType) -> Lane? {
        guard let lane = lanes[type] else { return nil }
        touch(lane)
        return lane
    }

    func isKnown(_ type: TaskType) -> Bool { lanes[type] != nil }

    func add(_ lane: Lane) {
        lanes[lane.type] = lane
        touch(lane)
    }

    func remove(_ type: TaskType) -> Lane? {
        guard let lane = lanes.removeValue(forKey: type) else { return nil }
        (handing[type], changed[type]) = (nil, nil)
        if lane.isReady { ready.removeAll { $0 === lane } }
        touched.removeAll { $0 === lane }
        lane.awaitedDue = nil
        lane.unusedSince = nil
        return lane
    }

    /// Those with tasks handed out, touched.
    func withTasksHandedOut() -> [Lane] {
        for lane in handing.values { touch(lane) }
        return Array(handing.values)
    }

    /// How many tasks run, of all types.
    var running: Int { handing.values.reduce(0) { $0 + $1.running } }

    /// Something about it has changed.
    func touch(_ lane: Lane) {
        guard !lane.isTouched else { return }
        lane.isTouched = true
        touched.append(lane)
    }

    // MARK: What needs a look

    /// Works out what the touched types need.
    func examine(at now: Timestamp) {
        while let due = dues.min, due.time <= now {
            dues.removeMin()
            if due.lane.awaitedDue == due.time { touch(due.lane) }
        }
        for lane in touched {
            if lane.mayHandOut(at: now) { makeReady(lane) }
            if lane.handed.isEmpty {
                handing[lane.type] = nil
                lane.audit.next = nil
            } else {
                handing[lane.type] = lane
            }
            if lane.isDirty { changed[lane.type] = lane }
            noteUse(of: lane, now)
            if lane.nextDue != lane.awaitedDue {
                lane.awaitedDue = lane.nextDue
                if let due = lane.nextDue { expect(due, lane) }
            }
        }
    }

    private func noteUse(of lane: Lane, _ now: Timestamp) {
        guard lane.isUnused != (lane.unusedSince != nil) else { return }
        lane.unusedSince = lane.isUnused ? now : nil
        guard lane.isUnused else { return }
        unused.append((now, lane))
        // Those that were used again stay behind: about one for each type at most.
        if unused.count > 2 * lanes.count + 64 { unused.removeAll { $0.lane.unusedSince != $0.since } }
    }

    /// Takes out the types that nobody has used since `time` or longer; those that are not forgotten count as used until now.
    func takeUnused(since time: Timestamp, limit: Int) -> [TaskType] {
        var types: [TaskType] = []
        while types.count < limit, let (since, lane) = unused.first, since <= time {
            unused.removeFirst()
            guard lane.unusedSince == since else { continue }
            lane.unusedSince = nil
            touch(lane)
            if lane.isUnused { types.append(lane.type) }
        }
        return types
    }

    private func expect(_ due: Timestamp, _ lane: Lane) {
        dues.insert(Due(time: due, lane: lane))
        // Due times that were replaced stay behind: about one for each type at most.
        if dues.count > 2 * lanes.count + 64 {
            dues = Heap(lanes.values.compactMap { lane in lane.awaitedDue.map { Due(time: $0, lane: lane) } })
        }
    }

    /// A turn is over, and no other is under way.
    func settle(at now: Timestamp) {
        for lane in touched { lane.settle() }
        examine(at: now)
        for lane in touched { lane.isTouched = false }
        touched.removeAll(keepingCapacity: true)
    }

    /// When the next scheduled task is due after `now`. A task that was due and is not taken waits for room, not for time.
    func nextDue(after now: Timestamp) -> Timestamp? {
        while let due = dues.min, due.time <= now || due.lane.awaitedDue != due.time { dues.removeMin() }
        return dues.min?.time
    }

    /// When the time of the next attempt may be up. One whose time was up and that goes on waits for the broker, not for time.
    func nextTimeout(after now: Moment) -> Moment? {
        handing.values.lazy.compactMap(\.nextTimeout).filter { $0 > now }.min()
    }

    /// Those with attempts whose time may be up, touched.
    func timedOut(at now: Moment) -> [Lane] {
        let late = handing.values.filter { $0.nextTimeout.map { $0 <= now } ?? false }
        for lane in late { touch(lane) }
        return late
    }

    // MARK: In turns

    /// How many may have something to hand out.
    var readyCount: Int { ready.count }

    /// Takes out the one whose turn it is.
    func popReady() -> Lane? {
        let lane = ready.popFirst()
        lane?.isReady = false
        return lane
    }

    /// Puts one among those that may have something to hand out.
    ///
    /// - Parameter isFirst: the next turn is its own; else the others come before.
    func makeReady(_ lane: Lane, isFirst: Bool = false) {
        guard !lane.isReady else { return }
        lane.isReady = true
        if isFirst { ready.prepend(lane) } else { ready.append(lane) }
    }

    // MARK: Events

    /// The types that changed since the latest call, and some of the others.
    ///
    /// - Parameter repeating: how many of the others.
    func takeChanged(repeating: Int) -> [Lane] {
        for _ in 0..<repeating {
            guard let type = repeated.popFirst() else { break }
            if let lane = lanes[type] { changed[type] = lane }
        }
        defer { changed = [:] }
        return changed.values.sorted { $0.type < $1.type }
    }

    /// All types are told of once more, in their turn.
    func repeatAll() {
        if repeated.isEmpty { repeated.append(contentsOf: lanes.keys) }
    }
}
