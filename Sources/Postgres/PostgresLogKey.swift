/// The keys of this module's log metadata.
package enum PostgresLogKey {
    /// The connection that a line is about.
    package static let connection = "postgres.connection"
    static let server = "postgres.server"
    /// The server's address, which its name was looked up as.
    static let address = "postgres.address"
    static let process = "postgres.process"
    static let severity = "postgres.severity"
    static let sqlState = "postgres.sqlstate"
    static let text = "postgres.text"
    static let version = "postgres.version"
    static let error = "error"
}
