/// The name of a kind of task, such as `reverse`: what a client submits, and what a worker says that it runs.
///
/// A name has 1 to 64 characters, lower-case ASCII letters, digits, `-` and `_`, and starts with a letter. It is one word
/// of an AMQP routing key, so it holds no dot.
public struct TaskType: Hashable, Sendable {
    public static let maximumLength = 64

    public let name: String

    /// - Throws: `InvalidTaskType`, whose description says what a name looks like.
    public init(_ name: String) throws(InvalidTaskType) {
        guard Self.isValid(name) else { throw InvalidTaskType(name: name) }
        self.name = name
    }

    /// A name that is written in the program: `TaskType(literal: "reverse")`. A text from elsewhere may be no name, and
    /// takes the initializer that throws.
    ///
    /// - Precondition: the name is valid.
    public init(literal name: StaticString) {
        let name = "\(name)"
        precondition(Self.isValid(name), "\(InvalidTaskType(name: name))")
        self.name = name
    }

    private static func isValid(_ name: String) -> Bool {
        let bytes = name.utf8
        guard let first = bytes.first, bytes.count <= maximumLength, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first)
        else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}

extension TaskType {
    /// Makes sure that a message of this type came with a routing key that says so too.
    ///
    /// - Throws: `typeMismatch`.
    package func check(routingKey: String) throws(WireError) {
        guard routingKey == name else {
            throw WireError(.typeMismatch, "the routing key is '\(routingKey.cut(toUTF8: 80))', and the type '\(name)'")
        }
    }
}

/// A text that cannot be the name of a task type.
public struct InvalidTaskType: Error, Equatable, CustomStringConvertible {
    public let name: String

    public var description: String {
        let cut = name.cut(toUTF8: TaskType.maximumLength)
        let shown = cut.utf8.count == name.utf8.count ? name : cut + "…"
        return "'\(shown)' is no task type: 1 to \(TaskType.maximumLength) lower-case letters, digits, '-' or '_', a letter first"
    }
}

extension TaskType: Comparable {
    public static func < (lhs: TaskType, rhs: TaskType) -> Bool { lhs.name < rhs.name }
}

extension TaskType: CustomStringConvertible {
    public var description: String { name }
}

extension TaskType: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}

extension TaskType: CodingKeyRepresentable {
    public var codingKey: any CodingKey { name.codingKey }

    public init?(codingKey: some CodingKey) {
        try? self.init(codingKey.stringValue)
    }
}
