import DequeModule
import TaskGridCore

/// Submissions that wait to be sent, a queue for each type: a message carries tasks of one type.
///
/// Batching is natural and needs no timer: what waits while an earlier message is on its way travels together next.
struct SubmissionBuffer: Sendable {
    let bounds: MessageBounds
    private var queues: [TaskType: Deque<PendingSubmission>] = [:]
    /// The types that wait, in the order in which they are served.
    private var order: Deque<TaskType> = []

    init(bounds: MessageBounds = MessageBounds()) {
        self.bounds = bounds
    }

    var isEmpty: Bool { order.isEmpty }

    mutating func add(_ submission: PendingSubmission) {
        if queues[submission.type]?.append(submission) == nil {
            queues[submission.type] = [submission]
            order.append(submission.type)
        }
    }

    /// The submissions of the next message; nil where nothing waits, or with `onlyFull` nothing that fills a message.
    mutating func take(onlyFull: Bool) -> [PendingSubmission]? {
        for _ in order.indices {
            let type = order.removeFirst()
            // Taken out and put back: changed in place, because a copy for each message takes minutes where very many wait.
            guard var queue = queues.removeValue(forKey: type) else { continue }
            let (length, isFull) = message(at: queue)
            guard isFull || !onlyFull else {
                queues[type] = queue
                order.append(type)
                continue
            }
            let submissions = Array(queue.prefix(length))
            queue.removeFirst(length)
            guard !queue.isEmpty else { return submissions }
            queues[type] = queue
            order.append(type)
            return submissions
        }
        return nil
    }

    /// How many submissions the queue's next message takes, and whether more could not be added to it.
    private func message(at queue: Deque<PendingSubmission>) -> (length: Int, isFull: Bool) {
        guard !queue[0].travelsAlone else { return (1, true) }
        var length = 0
        var tasks = 0
        var size = 0
        for submission in queue {
            guard !submission.travelsAlone,
                length == 0 || tasks + submission.tasks.count <= bounds.tasks && size + submission.size <= bounds.size
            else { return (length, true) }
            length += 1
            tasks += submission.tasks.count
            size += submission.size
        }
        return (length, tasks >= bounds.tasks || size >= bounds.size)
    }

    /// Takes out a submission, if it waits here.
    mutating func remove(_ id: PendingSubmission.ID) {
        for type in order {
            guard let index = queues[type]?.firstIndex(where: { $0.id == id }) else { continue }
            queues[type]?.remove(at: index)
            guard queues[type]?.isEmpty == true else { return }
            queues[type] = nil
            order.removeAll { $0 == type }
            return
        }
    }

    /// Takes out what `isGone` says.
    mutating func remove(where isGone: (PendingSubmission) -> Bool) -> [PendingSubmission] {
        var removed: [PendingSubmission] = []
        for (type, queue) in queues where queue.contains(where: isGone) {
            removed += queue.filter(isGone)
            let rest = queue.filter { !isGone($0) }
            queues[type] = rest.isEmpty ? nil : rest
            if rest.isEmpty { order.removeAll { $0 == type } }
        }
        return removed
    }
}
