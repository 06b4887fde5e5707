/// Hands out no more tasks of these types, until they are resumed or for a time: running tasks go on, submitted ones wait. The pause
/// outlives the dispatcher. Asking again does no harm, and sets the time anew.
package struct PauseQuery: Query, Hashable {
    package static let name = "pause"
    package static let service = Topology.Service.dispatcher
    package static let maximumTypes = 1000

    /// Up to 1000.
    package var types: [TaskType]
    /// For how many milliseconds, 1 to ``maximumTime``; nil: until they are resumed.
    package var time: UInt64?

    /// Ten years, in milliseconds.
    package static let maximumTime: UInt64 = 3650 * 86_400_000

    package enum CodingKeys: String, CodingKey {
        case types
        case time = "for_ms"
    }

    package init(types: [TaskType], time: UInt64? = nil) {
        self.types = types
        self.time = time
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
