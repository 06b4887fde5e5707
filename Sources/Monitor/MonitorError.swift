/// Why the monitor cannot run.
public struct MonitorError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The REST interface cannot listen on its address.
        case cannotListen
        /// The file of its history cannot be used.
        case history
        /// A part ended that nobody asked to end.
        case ended
    }

    public let code: Code
    /// What happened, and what to do.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
