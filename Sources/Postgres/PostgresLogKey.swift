/// The keys of this module's log metadata.
package enum PostgresLogKey {
    /// The connection that a line is about.
    package static let connection = "postgres.connection"
    static let server = "postgres.server"
    static let process = "postgres.process"
    static let severity = "postgres.severity"
    static let sqlState = "postgres.sqlstate"
    static let text = "postgres.text"
    static let version = "postgres.version"
    static let error = "error"
}
