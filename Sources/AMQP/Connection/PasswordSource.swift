/// The place that has the password of a connection's user, such as a file. It is read each time that the connection is made: a password that
/// is changed there is used from the next time on.
public struct PasswordSource: Sendable {
    /// The place in words, such as a file's path. Sources of one name are equal.
    public let name: String
    private let body: @Sendable () throws(AMQPError) -> String

    /// - Parameters:
    ///   - name: the place in words.
    ///   - read: reads the password. It blocks the connection's thread, and its error is that of the attempt to connect.
    public init(_ name: String, read: @escaping @Sendable () throws(AMQPError) -> String) {
        self.name = name
        body = read
    }

    package func read() throws(AMQPError) -> String { try body() }
}

extension PasswordSource: Hashable {
    public static func == (one: PasswordSource, other: PasswordSource) -> Bool { one.name == other.name }

    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
