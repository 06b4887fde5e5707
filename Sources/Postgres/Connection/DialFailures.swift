/// Why the servers of one attempt could not be connected to.
struct DialFailures {
    private var errors: [(server: ConnectionOptions.Server, error: PostgresError)] = []

    mutating func add(_ error: PostgresError, of server: ConnectionOptions.Server) { errors.append((server, error)) }

    /// One error for all servers. It says what no waiting mends only where each server says so.
    ///
    /// - Parameter target: where the connection was to go.
    func combined(_ target: String) -> PostgresError {
        guard let first = errors.first else {
            return PostgresError(.timedOut, "no connection to PostgreSQL at \(target) within the limit", advice: Self.advice(.timedOut))
        }
        let codes = Set(errors.map(\.error.code))
        let code = codes.count == 1 ? first.error.code : .unreachable
        // A standby says nothing of the server that takes writes, which may have no connection left.
        let states = Set(errors.filter { $0.error.code != .unsuitableServer }.map(\.error.sqlState))
        let isKnown = codes.count == 1 || states == [Self.tooManyConnections]
        let advices = Set(errors.map(\.error.advice))
        // Advice that all share is given once, at the end. That of one unsuitable server among several only says what it is.
        let isShared = advices.count == 1 && (errors.count == 1 || code != .unsuitableServer)
        func text(_ error: PostgresError) -> String { isShared ? error.what : error.message }
        let what = errors.count == 1 ? text(first.error) : errors.map { "\($0.server): \(text($0.error))" }.joined(separator: "; ")
        return PostgresError(
            code, "no connection to PostgreSQL at \(target) (\(what))",
            advice: (isShared ? first.error.advice : nil) ?? Self.advice(code),
            sqlState: isKnown && states.count == 1 ? states.first ?? nil : nil)
    }

    private static func advice(_ code: PostgresError.Code) -> String {
        switch code {
        case .accessRefused: "check the user, its password and the server's pg_hba.conf"
        case .noPassword: "give a password"
        case .unknownDatabase: "create the database, or name another"
        case .tlsRefused: "check sslmode, sslrootcert, and the certificates of both sides"
        case .unsuitableServer: "see that one of the servers takes writes"
        case .badSettings: "check the database's URL"
        default: "is it running?"
        }
    }

    private static let tooManyConnections = "53300"

    /// The error of libpq's message, which is most of what libpq tells of a connection that was not made.
    ///
    /// - Parameters:
    ///   - text: libpq's message.
    ///   - password: where the password came from.
    ///   - adviceIfReadOnly: what to do where the server takes no writes.
    static func error(
        _ text: String, _ password: PasswordOrigin = PasswordOrigin(setting: nil, file: nil), adviceIfReadOnly: String? = nil
    ) -> PostgresError {
        let (code, sqlState) = kind(of: text)
        let advice: String? =
            switch code {
            case .noPassword: password.adviceIfMissing
            case .accessRefused where sqlState?.hasPrefix("28") == true: password.adviceIfRefused
            case .unsuitableServer where text.contains("session is read-only"): adviceIfReadOnly
            case _ where sqlState == tooManyConnections: "raise max_connections or the limit of the role, or close other sessions"
            default: nil
            }
        return PostgresError(code, text.isEmpty ? "no reason given" : text, advice: advice, sqlState: sqlState)
    }

    /// - Parameter text: libpq's message with the SQLSTATE: the server's part begins with severity and SQLSTATE, in whatever
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
        if says(["no password supplied"]) { return (.noPassword, nil) }
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
