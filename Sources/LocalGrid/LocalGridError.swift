/// Why a grid on this machine could not be started or stopped.
package struct LocalGridError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure, for a program to tell them apart.
    package enum Code: String, Sendable {
        /// The data folder cannot be made, read or written.
        case folder
        /// Another grid holds the data folder.
        case folderInUse
        /// A port is taken, or no free one was found.
        case port
        /// RabbitMQ is not installed on this machine.
        case brokerMissing
        /// PostgreSQL is not installed on this machine.
        case databaseMissing
        /// A process ended or hung before it was ready.
        case startFailed
        /// A setting that cannot be.
        case configuration
    }

    package let code: Code
    /// A message: what happened and what to do about it, in one line, followed by the end of a log if there is one to show.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
