/// Forgets types that nobody uses: no worker of them lives, they have no tasks and no keys, and they are not paused. Their counters are
/// added to those of the forgotten types. Asking again does no harm.
package struct ForgetQuery: Query, Hashable {
    package static let name = "forget"
    package static let service = Topology.Service.dispatcher
    package static let maximumTypes = 1000

    /// Up to 1000.
    package var types: [TaskType]

    package init(types: [TaskType]) {
        self.types = types
    }

    package typealias Answer = ForgetAnswer
}

/// The outcome of forgetting, one for each type that was asked for.
package struct ForgetAnswer: Codable, Sendable, Hashable {
    package var types: [ForgetOutcome]

    package init(types: [ForgetOutcome]) {
        self.types = types
    }
}

/// The outcome of forgetting for one type.
public struct ForgetOutcome: Codable, Sendable, Hashable {
    public enum Kind: String, Codable, Sendable {
        case done
        /// It is in use.
        case refused
        /// The type is not known.
        case unknown
    }

    /// Why a type is not forgotten.
    public enum Reason: String, Codable, Sendable {
        /// A worker of it lives.
        case workers
        /// Some of its tasks have not ended.
        case tasks
        /// It is paused.
        case paused
        /// Ended tasks or idempotency keys of it are kept.
        case history
    }

    public var type: TaskType
    public var outcome: Kind
    /// Of one that is refused.
    public var reason: Reason?

    public init(type: TaskType, outcome: Kind, reason: Reason? = nil) {
        self.type = type
        self.outcome = outcome
        self.reason = reason
    }
}
