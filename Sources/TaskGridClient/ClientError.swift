import AMQP
public import TaskGridCore

/// Why a client could not do what it was asked.
public struct ClientError: Error, Hashable, Sendable {
    public enum Code: String, Sendable {
        /// No broker can be reached, or it refuses this client. The message names it.
        case brokerUnavailable = "broker_unavailable"
        /// The broker takes no messages now: a memory or disk alarm.
        case brokerBlocked = "broker_blocked"
        /// The submit queue is full, or has failed: the broker refused the message.
        case brokerFull = "broker_full"
        /// A service of the grid does not answer, or none has ever run.
        case serviceUnavailable = "service_unavailable"
        /// The dispatcher did not take the submission; `rejection` says why.
        case rejected
        /// Not done within the deadline.
        case timedOut = "timed_out"
        /// The task ended without a result; `ending` says how.
        case taskFailed = "task_failed"
        /// The task's result is no output of its definition.
        case badResult = "bad_result"
        /// The store does not know the task, or no longer.
        case unknownTask = "unknown_task"
        /// The broker takes no message of this size. The submission was not accepted.
        case tooLarge = "too_large"
        /// The broker's user may not write to the grid's exchange. The submission was not accepted.
        case accessRefused = "access_refused"
        /// The request cannot be sent.
        case badArgument = "bad_argument"
        /// A service answered something that cannot be understood.
        case badAnswer = "bad_answer"
        /// The caller's own task was cancelled.
        case cancelled
        /// The client is closed.
        case closed
    }

    public let code: Code
    /// A message: what happened and what to do, in one line.
    public let message: String
    /// Why the dispatcher did not take the submission, where it said so.
    public let rejection: Rejection?
    /// The end of the task that has no output.
    public var ending: Ending? { endings.first }
    /// In an array, so that the errors and receipts of other things stay small.
    private let endings: [Ending]
    /// Whether what was submitted may be accepted all the same, now or later. Repeating it with the same key of the caller's
    /// own is safe: it is not accepted twice.
    public let isOutcomeUnknown: Bool

    public init(
        _ code: Code, _ message: String, rejection: Rejection? = nil, ending: Ending? = nil, isOutcomeUnknown: Bool = false
    ) {
        self.code = code
        self.message = message
        self.rejection = rejection
        endings = ending.map { [$0] } ?? []
        self.isOutcomeUnknown = isOutcomeUnknown
    }
}

extension ClientError: CustomStringConvertible {
    public var description: String { message }
}

extension ClientError {
    /// The client's error for an error of the broker.
    init(_ error: AMQPError) {
        let code: Code =
            switch error.code {
            case .blocked: .brokerBlocked
            case .full: .brokerFull
            case .timedOut: .timedOut
            case .closed: .closed
            case .badMessage, .badURL, .unsupported: .badArgument
            case .unreachable, .accessRefused, .tlsRefused, .resourceLocked, .notFound, .preconditionFailed, .closedByBroker,
                .connectionLost:
                .brokerUnavailable
            }
        self.init(code, error.message)
    }

    /// The error of a client whose message the broker refuses.
    init(_ refusal: Refusal) {
        switch refusal {
        case .tooLarge(let size, let limit):
            let message =
                "the message has \(size) bytes, and the broker takes \(limit) at most: send a smaller payload, or raise max_message_size"
            self.init(.tooLarge, message)
        case .accessRefused(let text):
            self.init(.accessRefused, "the broker does not let this client write (\(text)): give its user the permission")
        case .exchangeNotFound(let text, _):
            let message = "somebody has deleted an exchange (\(text)); the service that owns it declares it again within 10 s if it runs"
            self.init(.serviceUnavailable, message)
        }
    }

    init(_ rejection: Rejection) {
        self.init(.rejected, "the dispatcher rejected the submission: \(rejection.message)", rejection: rejection)
    }

    /// The error of a task that ended without a result.
    init(_ ending: Ending, of type: TaskType) {
        let reason = ending.error.map { ": \($0)" } ?? ""
        self.init(.taskFailed, "task \(ending.id) (\(type)) ended as \(ending.state)\(reason)", ending: ending)
    }

    static let closed = ClientError(.closed, "the client is closed")
    static let cancelled = ClientError(.cancelled, "cancelled")
}
