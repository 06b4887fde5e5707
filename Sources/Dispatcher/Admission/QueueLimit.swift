/// How many of a type's tasks may be out at a time while its work queue refuses more: a policy bounds its length, or it fails. Pure.
///
/// The first refusal sets the limit to what the queue has taken. Then the limit grows by itself, by one task and by twice as many each
/// further step, until the queue refuses again or the type's whole window is free. So a full queue is refilled as its workers empty it,
/// and few tasks are handed out only to be refused.
struct QueueLimit {
    /// The pause between two steps. Each step that is refused doubles it, until an attempt ends.
    static let shortestPause = Duration.milliseconds(100)
    static let longestPause = Duration.seconds(1)
    /// How long what the queue last took says how much it takes, where nothing waits for it.
    static let memory = Duration.seconds(5)

    private(set) var tasks: Int
    /// When it grows next.
    private var next: ContinuousClock.Instant
    private var step = 1
    /// It has grown since the queue last refused a task.
    private var hasGrown = false
    /// Steps that the queue has refused since an attempt last ended.
    private var refusals = 1

    /// `tasks` are handed out, not counting the one that was refused.
    init(_ tasks: Int, at now: ContinuousClock.Instant) {
        self.tasks = tasks
        next = now + Self.shortestPause
    }

    /// The queue has refused one more.
    mutating func refused(at now: ContinuousClock.Instant) {
        tasks = max(0, tasks - 1)
        step = 1
        guard hasGrown else { return }
        hasGrown = false
        next = now + min(Self.longestPause, Self.shortestPause * (1 << min(refusals, 10)))
        refusals += 1
    }

    /// An attempt has ended, so that messages get through.
    mutating func attemptEnded() { refusals = 0 }

    /// Takes a step where it is time for one.
    mutating func grow(at now: ContinuousClock.Instant) {
        guard next <= now else { return }
        tasks += step
        step = min(step * 2, Admission.maximumTasks)
        hasGrown = true
        next = now + Self.shortestPause
    }

    /// Nothing has waited for it for a while: what the queue takes by now is not known.
    func isOutdated(at now: ContinuousClock.Instant) -> Bool { next + Self.memory < now }
}
