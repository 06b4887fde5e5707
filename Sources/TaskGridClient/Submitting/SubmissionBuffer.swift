import DequeModule
import TaskGridCore

/// What waits to be sent, a lane per type: a message carries tasks of one type.
///
/// Batching is natural and needs no timer: what waits while an earlier message is on its way travels together next.
struct SubmissionBuffer: Sendable {
    let bounds: MessageBounds
    private var lanes: [TaskType: Deque<PendingSubmission>] = [:]
    /// The types that wait, in the order in which they are served.
    private var order: Deque<TaskType> = []

    init(bounds: MessageBounds = MessageBounds()) {
        self.bounds = bounds
    }

    var isEmpty: Bool { order.isEmpty }

    mutating func add(_ submission: PendingSubmission) {
        if lanes[submission.type]?.append(submission) == nil {
            lanes[submission.type] = [submission]
            order.append(submission.type)
        }
    }

    /// The submissions of the next message; nil where nothing waits, or with `onlyFull` nothing that fills a message.
    mutating func take(onlyFull: Bool) -> [PendingSubmission]? {
        for _ in order.indices {
            let type = order.removeFirst()
            guard var lane = lanes[type] else { continue }
            let (length, isFull) = message(at: lane)
            guard isFull || !onlyFull else {
                order.append(type)
                continue
            }
            let submissions = Array(lane.prefix(length))
            lane.removeFirst(length)
            lanes[type] = lane.isEmpty ? nil : lane
            if !lane.isEmpty { order.append(type) }
            return submissions
        }
        return nil
    }

    /// How many submissions the lane's next message takes, and whether more could not be added to it.
    private func message(at lane: Deque<PendingSubmission>) -> (length: Int, isFull: Bool) {
        guard !lane[0].travelsAlone else { return (1, true) }
        var length = 0
        var tasks = 0
        var size = 0
        for submission in lane {
            guard !submission.travelsAlone,
                length == 0 || tasks + submission.tasks.count <= bounds.tasks && size + submission.size <= bounds.size
            else { return (length, true) }
            length += 1
            tasks += submission.tasks.count
            size += submission.size
        }
        return (length, tasks >= bounds.tasks || size >= bounds.size)
    }

    /// Takes out what `isGone` says.
    mutating func remove(where isGone: (PendingSubmission) -> Bool) -> [PendingSubmission] {
        var removed: [PendingSubmission] = []
        for (type, lane) in lanes where lane.contains(where: isGone) {
            removed += lane.filter(isGone)
            let rest = lane.filter { !isGone($0) }
            lanes[type] = rest.isEmpty ? nil : rest
            if rest.isEmpty { order.removeAll { $0 == type } }
        }
        return removed
    }
}
