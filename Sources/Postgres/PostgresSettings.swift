/// How a ``PostgresConnection`` is made, and its bounds.
package struct PostgresSettings: Sendable {
    /// What libpq takes as a connection string: a URL, `postgresql://user@one,two:5433/grid?target_session_attrs=read-write`, or keywords,
    /// `service=grid`. Environment variables, the service file and the password file count as they do for `psql` (PostgreSQL's manual,
    /// "Database Connection Control Functions"). Encryption by GSSAPI is used only with `gssencmode=require`.
    package var conninfo: String
    /// Reads the password each time that the connection is made, in place of libpq's own; nil: libpq finds it. It runs on the connection's
    /// thread, which it may block.
    package var readPassword: (@Sendable () throws(PostgresError) -> String)?
    /// The setting that a password is given by, as errors name it.
    package var passwordSetting: String?
    /// What `pg_stat_activity` shows, unless the connection string names another.
    package var applicationName: String
    /// Set in each new session, such as `["synchronous_commit": "remote_apply"]`. `statement_timeout` is always 0: it would cancel the
    /// wait of a COMMIT for its standbys, and the server then calls the transaction committed though no standby has it.
    package var parameters: [String: String] = [:]
    /// The longest time from ``PostgresConnection/connect(within:)`` to a connection that can be used, over all hosts.
    package var connectTimeout = Duration.seconds(10)
    /// The longest silence of the server while an answer is awaited, and the longest wait for a request's turn.
    package var answerTimeout = Duration.seconds(30)
    /// The most bytes of the parameters of one request.
    package var maximumRequestBytes = 64 << 20
    /// The most bytes of the answers to one request together. More end the connection: as soon as that is seen over TCP, and after a
    /// statement's last row over a local socket.
    package var maximumAnswerBytes = 256 << 20
    /// The most requests that wait for their turn, without those of the open transaction.
    package var maximumWaiting = 64

    /// - Parameters:
    ///   - conninfo: libpq's connection string.
    ///   - applicationName: what `pg_stat_activity` shows.
    package init(conninfo: String, applicationName: String = "taskgrid") {
        self.conninfo = conninfo
        self.applicationName = applicationName
    }
}

/// A connection string may hold a password: it is not shown.
extension PostgresSettings: CustomStringConvertible, CustomReflectable {
    package var description: String { "settings of a connection to PostgreSQL" }

    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
