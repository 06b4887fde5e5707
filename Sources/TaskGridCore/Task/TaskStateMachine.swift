/// The life of one task after its acceptance: the only place where a task changes state.
///
/// Pure: events go in, the next state is set, and what must be done about it comes out. It has no clock, store or queue.
///
/// | state | event | next | action |
/// |---|---|---|---|
/// | scheduled | `due` | pending | – |
/// | pending | `handedOut` | queued, as a new attempt | – |
/// | queued | `named` | running | – |
/// | queued, running | `givenBack`, `lost` | pending | hand out; alone if it was interrupted before |
/// | queued, running | `interrupted`, its holder gone | pending | hand out alone; ends `failed` as poison at the limit |
/// | queued, running | `interrupted`, its holder lives | as it is | ignored |
/// | queued, running | `failed`, may be tried again | scheduled | retry after backoff |
/// | queued, running | `failed`, may not | failed | end |
/// | any but the last ones | `interruptionWithdrawn` | as it is, with an interruption less | – |
/// | any but the last ones | `succeeded`, of an attempt that was handed out | succeeded | end |
/// | any but the last ones | `cancelled`, `expired` | cancelled, expired | end |
/// | failed, cancelled, expired | `retried` | pending, its failures and interruptions forgotten | hand out |
///
/// **Attempts are fenced.** Each hand-out has a number, and what a worker says carries it. A report of an older attempt is
/// ignored, except a success, which is taken as long as the task has not ended. A number higher than the one known is
/// nobody's: a hand-out is written down before it is published. It is ignored in the same way, and so is a success of an attempt
/// that never was. An event of an ended task is ignored: the first terminal result wins. Only a request to retry it opens a task
/// again that ended without success; its next attempt has the next number, so that reports of the old ones are still told apart.
///
/// **Blame is exact.** The first interruption counts whether the task had begun or lay in the dead worker's buffer. From
/// then on the task travels alone and announced, and an interruption counts only if the announcement had come. Before the
/// one that would end it, its worker runs nothing beside it.
package struct TaskStateMachine: Hashable, Sendable {
    package private(set) var state: TaskState
    /// The number of the latest hand-out; 0 before the first.
    package private(set) var attempt: Int
    /// How many attempts failed or ran out of time.
    package private(set) var failures: Int
    /// How many attempts took their worker down.
    package private(set) var interruptions: Int
    package let maxAttempts: Int

    /// Deaths of its worker after which a task ends as poison.
    package static let maximumInterruptions = 3

    package init(
        state: TaskState = .pending, attempt: Int = 0, failures: Int = 0, interruptions: Int = 0, maxAttempts: Int
    ) {
        self.state = state
        self.attempt = attempt
        self.failures = failures
        self.interruptions = interruptions
        self.maxAttempts = max(1, maxAttempts)
    }

    package enum Event: Hashable, Sendable {
        /// Its due time has come.
        case due
        /// It was published to its work queue.
        case handedOut
        /// A live worker's heartbeat names this attempt as running.
        case named(attempt: Int)
        /// A worker returned a result.
        case succeeded(attempt: Int)
        /// A worker, or the task's timeout, ended the attempt with an error.
        case failed(attempt: Int, TaskError)
        /// The delivery came back as redelivered: its holder let go without a result, unless its worker still lives.
        /// `started`: as far as is known the attempt had begun; false where its announcement was due and had not come.
        case interrupted(attempt: Int, holderLives: Bool, started: Bool = true)
        /// The worker that an interruption was blamed on has been heard of: its connections were gone, its process was not.
        case interruptionWithdrawn
        /// A worker that drains gave the task back unstarted, or the broker had no queue for it.
        case givenBack(attempt: Int)
        /// The audit found that the delivery is nowhere.
        case lost(attempt: Int)
        case cancelled
        case expired
        /// Somebody asked for it to be done again.
        case retried
    }

    package enum Action: Hashable, Sendable {
        case none
        /// Nothing is to be done, and nothing has changed; why.
        case ignored(Reason)
        /// Hand the task out again; `alone` in a message of its own.
        case handOut(alone: Bool)
        /// Hand it out again after the backoff before retry `number`, counted from 1.
        case retry(number: Int)
        /// The task has ended: record it and tell whoever waits.
        case end(TaskState, TaskError?)
    }

    /// Why an event changed nothing.
    package enum Reason: Hashable, Sendable {
        /// The task has ended: the first terminal result stands.
        case ended
        /// The event speaks of an attempt that is not the latest.
        case staleAttempt
        /// The event speaks of an attempt that never was.
        case unknownAttempt
        /// The attempt is still held by a live worker.
        case holderLives
        /// The event says what the state says already, or does not apply to it.
        case notApplicable
    }

    package mutating func handle(_ event: Event) -> Action {
        if case .retried = event { return retry() }
        guard !state.isTerminal else { return .ignored(.ended) }
        switch event {
        case .due:
            guard state == .scheduled else { return .ignored(.notApplicable) }
            state = .pending
            return .none
        case .handedOut:
            guard state == .pending else { return .ignored(.notApplicable) }
            state = .queued
            attempt += 1
            return .none
        case .named(let attempt):
            if let reason = fence(attempt) { return .ignored(reason) }
            guard state == .queued else { return .ignored(.notApplicable) }
            state = .running
            return .none
        case .succeeded(let attempt):
            guard attempt >= 1, attempt <= self.attempt else { return .ignored(.unknownAttempt) }
            return end(.succeeded, nil)
        case .failed(let attempt, let error):
            if let reason = fence(attempt) { return .ignored(reason) }
            failures += 1
            guard !error.code.isFinal, failures < maxAttempts else { return end(.failed, error) }
            state = .scheduled
            return .retry(number: failures)
        case .interrupted(let attempt, let holderLives, let started):
            if let reason = fence(attempt) { return .ignored(reason) }
            guard !holderLives else { return .ignored(.holderLives) }
            if started || interruptions == 0 { interruptions += 1 }
            guard interruptions < Self.maximumInterruptions else {
                return end(.failed, TaskError(.poison, "took its worker down \(interruptions) times"))
            }
            state = .pending
            return .handOut(alone: true)
        case .interruptionWithdrawn:
            guard interruptions > 0 else { return .ignored(.notApplicable) }
            interruptions -= 1
            return .none
        case .givenBack(let attempt), .lost(let attempt):
            if let reason = fence(attempt) { return .ignored(reason) }
            state = .pending
            return .handOut(alone: interruptions > 0)
        case .cancelled:
            return end(.cancelled, TaskError(.cancelled, "cancelled on request"))
        case .expired:
            return end(.expired, .expiry)
        case .retried:
            return retry()
        }
    }

    private mutating func retry() -> Action {
        guard state.isTerminal else { return .ignored(.notApplicable) }
        guard state != .succeeded else { return .ignored(.ended) }
        state = .pending
        failures = 0
        interruptions = 0
        return .handOut(alone: false)
    }

    /// Why what `attempt` says does not count; nil where it does.
    private func fence(_ attempt: Int) -> Reason? {
        guard attempt >= self.attempt else { return .staleAttempt }
        guard attempt == self.attempt else { return .unknownAttempt }
        return state == .queued || state == .running ? nil : .notApplicable
    }

    private mutating func end(_ state: TaskState, _ error: TaskError?) -> Action {
        self.state = state
        return .end(state, error)
    }
}
