public import Foundation

/// A value in an AMQP field table, such as a message's headers (AMQP 0-9-1, section 4.2.5, with RabbitMQ's types).
public indirect enum FieldValue: Hashable, Sendable {
    case bool(Bool)
    /// Any of the signed and unsigned integer types.
    case int(Int64)
    case double(Double)
    case string(String)
    case bytes(Data)
    /// Seconds since 1970.
    case timestamp(UInt64)
    case array([FieldValue])
    case table([String: FieldValue])
    /// Void, or a type that the grid does not read (decimal).
    case void
}

public typealias FieldTable = [String: FieldValue]

extension FieldValue {
    /// The text, where it is one.
    public var text: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The integer, where it is one.
    public var integer: Int64? {
        if case .int(let value) = self { value } else { nil }
    }
}

extension FieldValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}
