import TaskGridCore

/// A reason to hold the tasks of a type back. A new policy is a case here, with its part in the methods.
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

    /// Whether the policy holds the type until it is told otherwise: a resume, a worker, a queue. A policy that yields to time or to
    /// results never does, and is asked at each hand-out.
    func holdsUntilTold(_ typeQueue: TypeQueue) -> Bool {
        switch self {
        case .pause: typeQueue.isPaused
        case .workers: typeQueue.concurrency == 0
        case .workQueue: !typeQueue.isRoutable
        case .breaker, .queueLimit, .window: false
        }
    }

    /// Whether time changes the policy's state, so that it has to be asked even if nothing waits.
    func movesWithTime(_ typeQueue: TypeQueue) -> Bool {
        switch self {
        // That of a paused type waits for the resume.
        case .breaker: typeQueue.breaker.state != .closed && !typeQueue.isPaused
        case .pause, .workers, .workQueue, .queueLimit, .window: false
        }
    }

    /// Whether tasks go out one by one, as soon as there is room for one: probes, and tasks for a work queue that refuses some.
    func isOneByOne(_ typeQueue: TypeQueue) -> Bool {
        switch self {
        case .breaker: typeQueue.breaker.state != .closed
        case .queueLimit: typeQueue.queueLimit != nil
        case .pause, .workers, .workQueue, .window: false
        }
    }

    /// How many more tasks of a type may be handed out, by this policy, where `window` of them may be handed out at a time.
    func room(for typeQueue: TypeQueue, window: Int) -> Int {
        switch self {
        case .pause, .workers, .workQueue: holdsUntilTold(typeQueue) ? 0 : .max
        case .breaker: typeQueue.breaker.allowance ?? .max
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
