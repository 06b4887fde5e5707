import TaskGridCore

/// A reason to hold the tasks of a type back. A new policy is a case here, with its part in the two methods.
enum AdmissionPolicy: CaseIterable, Sendable {
    /// Somebody asked that nothing be handed out.
    case pause
    /// Most recent attempts failed.
    case breaker
    /// No worker takes tasks of the type.
    case workers
    /// The type has no work queue.
    case workQueue
    /// The work queue refuses more tasks.
    case queueLimit
    /// The workers have enough to do for a while.
    case window

    /// How many more tasks of a type may be handed out, by this policy, where `window` of them may be handed out at a time.
    func room(for typeQueue: TypeQueue, window: Int) -> Int {
        switch self {
        case .pause: typeQueue.isPaused ? 0 : .max
        case .breaker: typeQueue.breaker.allowance ?? .max
        case .workers: typeQueue.concurrency > 0 ? .max : 0
        case .workQueue: typeQueue.isRoutable ? .max : 0
        case .queueLimit: typeQueue.queueLimit.map { $0.tasks - typeQueue.handed.count } ?? .max
        case .window: window - typeQueue.handed.count
        }
    }

    /// Why this policy leaves no room, for people; nil where it leaves some.
    func reason(for typeQueue: TypeQueue, window: Int, at now: Moment) -> String? {
        guard room(for: typeQueue, window: window) <= 0 else { return nil }
        switch self {
        case .pause: return "paused"
        case .breaker: return typeQueue.breaker.reason(at: now)
        case .workers: return "no worker"
        case .workQueue: return "no work queue"
        case .queueLimit: return "work queue full: it refuses more than \(typeQueue.queueLimit?.tasks ?? 0)"
        // Without a worker there is no window; that has its own words.
        case .window: return window > 0 ? "window full: \(typeQueue.handed.count) of \(window) handed out" : nil
        }
    }
}
