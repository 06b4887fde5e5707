/// Hands out no more tasks of these types, until they are resumed: what runs goes on, what is submitted waits. It outlives
/// the dispatcher. Asking again does no harm.
package struct PauseQuery: Query, Hashable {
    package static let name = "pause"
    package static let service = Topology.Service.dispatcher
    package static let maximumTypes = 1000

    /// Up to 1000.
    package var types: [TaskType]

    package init(types: [TaskType]) {
        self.types = types
    }

    package typealias Answer = PauseAnswer
}

/// Hands out tasks of paused types again. Asking again does no harm.
package struct ResumeQuery: Query, Hashable {
    package static let name = "resume"
    package static let service = Topology.Service.dispatcher

    /// Up to 1000.
    package var types: [TaskType]

    package init(types: [TaskType]) {
        self.types = types
    }

    package typealias Answer = PauseAnswer
}

/// The outcome of pausing or resuming, one for each type that was asked for.
package struct PauseAnswer: Codable, Sendable, Hashable {
    package var types: [PauseOutcome]

    package init(types: [PauseOutcome]) {
        self.types = types
    }
}

/// The outcome of pausing or resuming for one type.
public struct PauseOutcome: Codable, Sendable, Hashable {
    public enum Kind: String, Codable, Sendable {
        case done
        /// It was so before.
        case unchanged
        /// The type is not known.
        case unknown
    }

    public var type: TaskType
    public var outcome: Kind

    public init(type: TaskType, outcome: Kind) {
        self.type = type
        self.outcome = outcome
    }
}
