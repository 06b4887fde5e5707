/// Hands out no more tasks of these types, until they are resumed: what runs goes on, what is submitted waits. It outlives
/// the dispatcher. Asking again does no harm.
public struct PauseQuery: Query, Hashable {
    public static let name = "pause"
    public static let service = Topology.Service.dispatcher
    public static let maximumTypes = 1000

    /// Up to 1000.
    public var types: [TaskType]

    public init(types: [TaskType]) {
        self.types = types
    }

    public typealias Answer = PauseAnswer
}

/// Hands out tasks of paused types again. Asking again does no harm.
public struct ResumeQuery: Query, Hashable {
    public static let name = "resume"
    public static let service = Topology.Service.dispatcher

    /// Up to 1000.
    public var types: [TaskType]

    public init(types: [TaskType]) {
        self.types = types
    }

    public typealias Answer = PauseAnswer
}

/// The outcome of pausing or resuming, one for each type that was asked for.
public struct PauseAnswer: Codable, Sendable, Hashable {
    public var types: [PauseOutcome]

    public init(types: [PauseOutcome]) {
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
