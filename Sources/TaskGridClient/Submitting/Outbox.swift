import DequeModule
import TaskGridCore

/// What waits to be sent, a lane per type: a message carries tasks of one type.
///
/// Batching is natural and needs no timer: what waits while an earlier message is on its way travels together next.
struct Outbox: Sendable {
    let bounds: MessageBounds
    private var lanes: [TaskType: Deque<Parcel>] = [:]
    /// The types that wait, in the order in which they are served.
    private var order: Deque<TaskType> = []

    init(bounds: MessageBounds = MessageBounds()) {
        self.bounds = bounds
    }

    var isEmpty: Bool { order.isEmpty }

    mutating func add(_ parcel: Parcel) {
        if lanes[parcel.type]?.append(parcel) == nil {
            lanes[parcel.type] = [parcel]
            order.append(parcel.type)
        }
    }

    /// The parcels of the next message; nil where nothing waits, or with `onlyFull` nothing that fills a message.
    mutating func take(onlyFull: Bool) -> [Parcel]? {
        for _ in order.indices {
            let type = order.removeFirst()
            guard var lane = lanes[type] else { continue }
            let (length, isFull) = message(at: lane)
            guard isFull || !onlyFull else {
                order.append(type)
                continue
            }
            let parcels = Array(lane.prefix(length))
            lane.removeFirst(length)
            lanes[type] = lane.isEmpty ? nil : lane
            if !lane.isEmpty { order.append(type) }
            return parcels
        }
        return nil
    }

    /// How many parcels the lane's next message takes, and whether more could not be added to it.
    private func message(at lane: Deque<Parcel>) -> (length: Int, isFull: Bool) {
        guard !lane[0].travelsAlone else { return (1, true) }
        var length = 0
        var tasks = 0
        var size = 0
        for parcel in lane {
            guard !parcel.travelsAlone, length == 0 || tasks + parcel.tasks.count <= bounds.tasks && size + parcel.size <= bounds.size
            else { return (length, true) }
            length += 1
            tasks += parcel.tasks.count
            size += parcel.size
        }
        return (length, tasks >= bounds.tasks || size >= bounds.size)
    }

    /// Takes out what `isGone` says.
    mutating func remove(where isGone: (Parcel) -> Bool) -> [Parcel] {
        var removed: [Parcel] = []
        for (type, lane) in lanes where lane.contains(where: isGone) {
            removed += lane.filter(isGone)
            let rest = lane.filter { !isGone($0) }
            lanes[type] = rest.isEmpty ? nil : rest
            if rest.isEmpty { order.removeAll { $0 == type } }
        }
        return removed
    }
}
