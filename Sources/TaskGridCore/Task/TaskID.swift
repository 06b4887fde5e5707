/// The number of a task, given by the store when it accepts the task: unique in its store, never used twice, rising.
///
/// In JSON and on the command line it is a plain integer.
public struct TaskID: RawRepresentable, Hashable, Comparable, Sendable {
    public let rawValue: Int64

    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    public init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    public static func < (lhs: TaskID, rhs: TaskID) -> Bool {
        lhs.rawValue < rhs.rawValue
    }

    /// No task, but the audit's marker in a work queue: see ``Work/marker(type:store:number:key:)``.
    package static let marker = TaskID(0)

    /// The id that lies `count` after this one, or the last one there is: ids of one submission are consecutive.
    package func advanced(by count: Int) -> TaskID {
        TaskID(rawValue.saturatingAdding(Int64(count)))
    }
}

extension TaskID: CustomStringConvertible {
    public var description: String { String(rawValue) }
}

extension TaskID: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) {
        self.init(value)
    }
}

extension TaskID: LosslessStringConvertible {
    /// Reads a positive decimal integer.
    public init?(_ description: String) {
        guard let value = Int64(description), value > 0 else { return nil }
        self.init(value)
    }
}

extension TaskID: Codable {
    /// - Throws: `DecodingError` for a number that is not positive.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let value = try container.decode(Int64.self)
        guard value > 0 else { throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(value) is no task id") }
        self.init(value)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
