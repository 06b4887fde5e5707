/// An error between this process and PostgreSQL.
package struct PostgresError: Error, Hashable, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        /// libpq is not installed, or too old.
        case libraryMissing
        /// The connection's URL, service file or settings cannot be used.
        case badSettings
        /// Nobody answers at the addresses, or what answers is no PostgreSQL that takes connections now.
        case unreachable
        /// The server refuses the user (class 28), or the user may not do it (42501).
        case accessRefused
        /// The server asks for a password, and there is none, or its file cannot be used.
        case noPassword
        /// There is no such database (3D000).
        case unknownDatabase
        /// TLS is not agreed on: a certificate that one side does not accept, a file that cannot be used, or a server without TLS.
        case tlsRefused
        /// Servers answer, and none is as `target_session_attrs` asks, such as writable.
        case unsuitableServer
        /// Not connected within the limit, no answer within it, or no turn within it.
        case timedOut
        /// The connection went away.
        case connectionLost
        /// The connection was closed here, or not made yet.
        case closed
        /// The server refused a statement. ``PostgresError/sqlState`` says why.
        case refused
        /// The transaction is committed on the server, and somebody cancelled the wait for its standbys.
        case notReplicated
        /// A request or an answer is larger than a bound of the connection.
        case tooLarge
        /// Too many requests wait for the connection.
        case tooMany
        /// A request that cannot be, such as a transaction that is over.
        case invalidUse
        /// An answer has another type, length or column than was asked for.
        case unexpectedAnswer
        /// The calling task was cancelled before the request was sent.
        case cancelled
    }

    /// Whether the changes of the failed request are in the database.
    package enum Outcome: String, Sendable, CaseIterable {
        /// None of them are, and none will be.
        case notCommitted
        /// Nobody knows: the commit was sent and not answered, or its answer cannot be believed.
        case unknown
    }

    package let code: Code
    /// What happened, and to which connection. It holds no password and no value of a parameter.
    package let what: String
    /// What to do, where ``what`` does not say it.
    package let advice: String?
    /// A message: what happened, to which connection, and what to do.
    package var message: String { advice.map { "\(what): \($0)" } ?? what }
    /// What is known of the changes that were asked for.
    package let outcome: Outcome
    /// The server's error code (PostgreSQL's manual, appendix A); nil where the server gave none.
    package let sqlState: String?
    /// The name of the statement that failed; nil: none did.
    package let statement: String?

    package init(
        _ code: Code, _ what: String, advice: String? = nil, outcome: Outcome = .notCommitted, sqlState: String? = nil,
        statement: String? = nil
    ) {
        self.code = code
        self.what = what
        self.advice = advice
        self.outcome = outcome
        self.sqlState = sqlState
        self.statement = statement
    }

    /// The same with another outcome.
    func with(_ outcome: Outcome) -> PostgresError {
        PostgresError(code, what, advice: advice, outcome: outcome, sqlState: sqlState, statement: statement)
    }
}

extension PostgresError: CustomStringConvertible {
    package var description: String { message }
}
