/// The state of a task.
///
/// The raw value is what the store and the wire keep; the name is what people and JSON see.
public enum TaskState: UInt8, CaseIterable, Sendable {
    /// Accepted and durable, not handed out yet.
    case pending = 1
    /// Waits for its due time: a delay asked for, or the backoff before a retry.
    case scheduled = 2
    /// Handed out: in the work queue, or in a worker's prefetch.
    case queued = 3
    /// A live worker's heartbeat names it.
    case running = 4
    /// Ended with a result.
    case succeeded = 5
    /// Ended with an error.
    case failed = 6
    /// Ended because somebody asked for it.
    case cancelled = 7
    /// Ended because its time to be done had passed.
    case expired = 8

    /// Whether the state is the last of its task.
    public var isTerminal: Bool { rawValue >= TaskState.succeeded.rawValue }

    public var name: String {
        switch self {
        case .pending: "pending"
        case .scheduled: "scheduled"
        case .queued: "queued"
        case .running: "running"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .expired: "expired"
        }
    }

    public init?(name: String) {
        guard let state = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = state
    }
}

extension TaskState: CustomStringConvertible {
    public var description: String { name }
}

extension TaskState: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard let state = TaskState(name: name) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(name)' is no task state")
        }
        self = state
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
