/// An error of the store. The call that threw it changed nothing, unless its code is ``Code/unknown``.
package struct StoreError: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        /// No room for what was to be written. The store goes on working once there is.
        case diskFull
        /// Another process holds the file for longer than this one waits. It can be tried again.
        case locked
        /// This process may not write there: the rights, or a file system that is mounted read-only.
        case readOnly
        /// The server of the database cannot be reached, or takes no connections at present. It can be tried again.
        case unavailable
        /// This process cannot log in to the server of the database: the server refuses it, or its settings do not do.
        case noLogin
        /// The file was removed or replaced while it was open: what would be written nobody could read again.
        case missing
        /// The file is damaged, or is no store.
        case corrupt
        /// The file was written by a newer version.
        case newerVersion
        /// The record was moved to another store, or is being moved: nobody uses this one.
        case moved
        /// Another dispatcher has begun a term of its own: what an earlier one believes is no longer so.
        case superseded
        /// The outcome of the transaction is not known: its changes may be durable, or not. A dispatcher that goes on begins a term and
        /// reads again.
        case unknown
        /// The store was closed here.
        case closed
        /// Asked for something that makes no sense: a mistake of the caller.
        case badRequest
        /// Anything else that the database or the file system says.
        case failed
    }

    package let code: Code
    /// A message: what happened, to which file, and what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String { message }
}
