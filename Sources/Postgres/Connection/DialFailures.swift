/// Why the servers of one attempt could not be connected to.
struct DialFailures {
    private var errors: [(server: ConnectionOptions.Server, error: PostgresError)] = []

    mutating func add(_ error: PostgresError, of server: ConnectionOptions.Server) { errors.append((server, error)) }

    /// One error for all servers. It says what no waiting mends only where each server says so.
    ///
    /// - Parameter target: where the connection was to go.
    func combined(_ target: String) -> PostgresError {
        guard let first = errors.first else {
            return PostgresError(.timedOut, "no connection to PostgreSQL at \(target) within the limit: is it running?")
        }
        let codes = Set(errors.map(\.error.code))
        let code = codes.count == 1 ? first.error.code : .unreachable
        let states = Set(errors.map(\.error.sqlState))
        let what = errors.count == 1 ? first.error.message : errors.map { "\($0.server): \($0.error.message)" }.joined(separator: "; ")
        return PostgresError(
            code, "no connection to PostgreSQL at \(target) (\(what)): \(Self.advice(code))",
            sqlState: states.count == 1 ? first.error.sqlState : nil)
    }

    private static func advice(_ code: PostgresError.Code) -> String {
        switch code {
        case .accessRefused: "check the user, its password and the server's pg_hba.conf"
        case .unknownDatabase: "create the database, or name another"
        case .tlsRefused: "check sslmode, sslrootcert, and the certificates of both sides"
        case .unsuitableServer: "does one of the servers take writes?"
        case .badSettings: "check the database's URL"
        default: "is it running?"
        }
    }

    /// The error of libpq's message, which is all that libpq tells of a connection that was not made.
    static func error(_ text: String) -> PostgresError {
        let (code, sqlState) = kind(of: text)
        let text = text.firstRange(of: " LOCATION: ").map { String(text[..<$0.lowerBound]) } ?? text
        return PostgresError(code, text.isEmpty ? "no reason given" : text, sqlState: sqlState)
    }

    /// - Parameter text: libpq's message as it is with every detail: the server's part begins with severity and SQLSTATE, in whatever
    ///   language the rest is. libpq's own is in English: this program asks for no other.
    static func kind(of text: String) -> (PostgresError.Code, sqlState: String?) {
        // "FATAL" has five letters too, and each SQLSTATE a digit.
        if let sqlState = text.firstMatch(of: #/: ([0-9A-Z]{0,4}[0-9][0-9A-Z]{0,4}): /#).map({ String($0.1) }), sqlState.count == 5 {
            switch sqlState {
            case "3D000": return (.unknownDatabase, sqlState)
            case "42501": return (.accessRefused, sqlState)
            default: return (sqlState.hasPrefix("28") ? .accessRefused : .unreachable, sqlState)
            }
        }
        func says(_ parts: [String]) -> Bool { parts.contains { text.contains($0) } }
        if says(["no password supplied"]) { return (.accessRefused, nil) }
        if says(["session is read-only", "session is not read-only", "server is in hot standby mode", "server is not in hot standby mode"])
        {
            return (.unsuitableServer, nil)
        }
        // A connection that breaks while TLS begins says nothing of the certificates.
        if says(["SSL SYSCALL error", "SSL connection has been closed unexpectedly", "unexpected eof while reading"]) {
            return (.unreachable, nil)
        }
        if says(["SSL", "root certificate", "server certificate", "certificate file", "private key file"]) { return (.tlsRefused, nil) }
        if text.hasPrefix("invalid ") { return (.badSettings, nil) }
        return (.unreachable, nil)
    }
}
