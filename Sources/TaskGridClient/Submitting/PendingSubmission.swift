import TaskGridCore

/// A submission of one caller, which is never split: one task, or as many as fit a message.
struct PendingSubmission: Sendable {
    typealias ID = Int

    let id: ID
    let type: TaskType
    let tasks: [Submission.Task]
    /// The bytes of all payloads.
    let size: Int
    /// The key that the caller gave.
    let key: String?
    /// Goes in a message of its own: it has its own key, or was rejected together with others.
    var travelsAlone: Bool
    /// When its caller asked for it: delays and expiries count from then.
    let called: ContinuousClock.Instant
    /// When its caller stops waiting for the acceptance.
    let deadline: ContinuousClock.Instant
    /// The watch for the endings of its tasks.
    let watch: EndingWatch.ID?

    init(
        id: ID, type: TaskType, tasks: [Submission.Task], key: String? = nil, called: ContinuousClock.Instant,
        deadline: ContinuousClock.Instant, watch: EndingWatch.ID? = nil
    ) {
        self.id = id
        self.type = type
        self.tasks = tasks
        self.size = tasks.reduce(0) { $0 + $1.payload.count }
        self.key = key
        self.travelsAlone = key != nil
        self.called = called
        self.deadline = deadline
        self.watch = watch
    }
}

extension PendingSubmission {
    /// Its tasks as they are to be sent now, with what is left of their delays and expiries.
    func tasks(at now: ContinuousClock.Instant) -> [Submission.Task] {
        // All are of one call, and have its settings.
        guard var settings = tasks.first?.settings, settings.delay != nil || settings.expiry != nil else { return tasks }
        let passed = called.duration(to: now)
        settings.delay = settings.delay.map { max(.zero, $0 - passed) }
        settings.expiry = settings.expiry.map { max(.zero, $0 - passed) }
        return tasks.map { Submission.Task(payload: $0.payload, settings: settings) }
    }
}

/// How much travels in one message.
struct MessageBounds: Hashable, Sendable {
    var tasks = 500
    /// Bytes of payload. One larger task travels alone.
    var size = 256 << 10

    /// Cuts payloads into runs that each fit a message, in order.
    func chunks(of tasks: [Submission.Task]) -> [[Submission.Task]] {
        var chunks: [[Submission.Task]] = []
        var chunk: [Submission.Task] = []
        var bytes = 0
        for task in tasks {
            if !chunk.isEmpty, chunk.count == self.tasks || bytes + task.payload.count > size {
                chunks.append(chunk)
                chunk = []
                bytes = 0
            }
            chunk.append(task)
            bytes += task.payload.count
        }
        if !chunk.isEmpty { chunks.append(chunk) }
        return chunks
    }
}
