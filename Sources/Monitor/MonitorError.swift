/// Why the monitor cannot run.
package struct MonitorError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The REST interface cannot listen on its address.
        case cannotListen
        /// The files of its certificate cannot be used.
        case certificate
        /// The file of its history cannot be used.
        case history
        /// A file of tokens cannot be used.
        case tokens
        /// The file of its audit log cannot be used.
        case audit
        /// A part ended that nobody asked to end.
        case ended
    }

    package let code: Code
    /// A message: what happened, and what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
