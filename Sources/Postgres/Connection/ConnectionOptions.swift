import CPostgres

/// libpq's settings of one connection: those of the connection string, the service file and the environment, put together by libpq itself.
struct ConnectionOptions {
    /// One of the servers that they name.
    struct Server: Hashable {
        var host: String?
        var hostAddress: String?
        var port: String?
    }

    /// The servers to try, in order.
    let servers: [Server]
    /// What each round over the servers asks of them: most often one.
    let rounds: [String?]
    /// The longest time for one server.
    let timeoutOfServer: Duration?
    let password: PasswordOrigin
    private var values: [String: String]

    /// Reads files, and thereby blocks; it opens no connection.
    ///
    /// - Parameters:
    ///   - settings: the settings of the connection.
    ///   - pq: libpq's functions.
    /// - Throws: `badSettings` where libpq cannot use them, and what the reader of the password throws.
    init(_ settings: PostgresSettings, _ pq: UnsafePointer<taskgrid_libpq_t>) throws(PostgresError) {
        try Self.check(settings, pq)
        var values = try Self.resolve(settings.conninfo, pq)
        if let readPassword = settings.readPassword { values["password"] = try readPassword() }
        password = PasswordOrigin(
            setting: settings.passwordSetting, isOfSetting: settings.readPassword != nil,
            file: values["password"] == nil ? values["passfile"] : nil)
        for (name, value) in Self.defaults where values[name] == nil { values[name] = value }
        if values["application_name"] == nil { values["application_name"] = settings.applicationName }
        values["client_encoding"] = "UTF8"
        // libpq keeps what it has decrypted where a poll of the socket does not show it.
        if values["gssencmode"] == "prefer" { values["gssencmode"] = "disable" }
        servers = Self.servers(values)
        rounds = values["target_session_attrs"] == "prefer-standby" ? ["standby", "any"] : [nil]
        timeoutOfServer = values["connect_timeout"].flatMap { Int($0) }.flatMap { $0 > 0 ? .seconds($0) : nil }
        self.values = values
    }

    /// Where the user does not say otherwise: a machine that has vanished is noticed within 20 s, also while nothing is asked of it.
    /// OpenSSL would read a passphrase from the terminal if there were none.
    private static let defaults = [
        "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "2", "tcp_user_timeout": "20000", "sslpassword": "-",
    ]

    /// The keywords and values for one server.
    ///
    /// - Parameters:
    ///   - server: the server.
    ///   - round: what is asked of it; nil: what the settings say.
    func parameters(for server: Server, _ round: String?) -> [(String, String)] {
        var values = values
        values["host"] = server.host
        values["hostaddr"] = server.hostAddress
        values["port"] = server.port
        if let round { values["target_session_attrs"] = round }
        return values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// What must not be shown.
    var secrets: [String] { [values["password"], values["sslpassword"]].compactMap { $0 == "-" ? nil : $0 } }

    /// Where it connects to, without the password.
    var description: String { description(at: servers.map(\.description).joined(separator: ",")) }

    /// The same with the place that it is connected to.
    func description(at place: String) -> String {
        let target = "\(place)/\(values["dbname"] ?? "")"
        return ForeignText.plain(values["user"].map { "\($0)@\(target)" } ?? target)
    }

    private static func check(_ settings: PostgresSettings, _ pq: UnsafePointer<taskgrid_libpq_t>) throws(PostgresError) {
        if settings.parameters.keys.contains(where: { $0.lowercased() == "statement_timeout" }) {
            throw PostgresError(.badSettings, "statement_timeout cannot be set: it would cancel a COMMIT; limit the answer's time instead")
        }
        var reason: UnsafeMutablePointer<CChar>?
        let parsed = pq.pointee.PQconninfoParse(settings.conninfo, &reason)
        defer {
            pq.pointee.PQconninfoFree(parsed)
            pq.pointee.PQfreemem(reason)
        }
        if parsed == nil { throw badSettings(reason.map { String(cString: $0) } ?? "out of memory") }
    }

    private static func badSettings(_ text: String) -> PostgresError {
        PostgresError(
            .badSettings,
            "the database's URL or settings cannot be used (\(ForeignText.withoutQuotations(text))); a URL looks like "
                + "postgresql://user@host:5432/database, and in a user or password '/' is written %2F, '@' %40 and '%' %25")
    }

    /// A value that no libpq takes, so that it puts its settings together and then stops, before it looks up a host.
    private static let impossible = "taskgrid reads settings"

    /// libpq reads the service file and the environment only when it connects.
    private static func resolve(_ conninfo: String, _ pq: UnsafePointer<taskgrid_libpq_t>) throws(PostgresError) -> [String: String] {
        let connection = CStrings.with(["dbname", "channel_binding"]) { names in
            CStrings.with([conninfo, impossible]) { values in pq.pointee.PQconnectStartParams(names, values, 1) }
        }
        guard let connection else { throw PostgresError(.unreachable, "out of memory for a connection to PostgreSQL") }
        defer { pq.pointee.PQfinish(connection) }
        let text = String(c: pq.pointee.PQerrorMessage(connection))
        guard pq.pointee.PQstatus(connection) != CONNECTION_BAD || text.contains(impossible) else { throw badSettings(text) }
        guard let options = pq.pointee.PQconninfo(connection) else {
            throw PostgresError(.unreachable, "out of memory for a connection to PostgreSQL")
        }
        defer { pq.pointee.PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        // The connection string's own was replaced.
        values["channel_binding"] = given("channel_binding", in: conninfo, pq)
        return values
    }

    /// One setting of the connection string alone.
    private static func given(
        _ keyword: String, in conninfo: String, _ pq: UnsafePointer<taskgrid_libpq_t>
    ) -> String? {
        guard let options = pq.pointee.PQconninfoParse(conninfo, nil) else { return nil }
        defer { pq.pointee.PQconninfoFree(options) }
        var option = options
        while let name = option.pointee.keyword {
            if String(cString: name) == keyword { return option.pointee.val.map { String(cString: $0) } }
            option += 1
        }
        return nil
    }

    /// libpq has made sure that the lists fit each other.
    private static func servers(_ values: [String: String]) -> [Server] {
        func list(_ name: String) -> [String?] {
            (values[name] ?? "").split(separator: ",", omittingEmptySubsequences: false).map { $0.isEmpty ? nil : String($0) }
        }
        let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
        let count = max(hosts.count, addresses.count)
        let servers = (0..<count).map { index in
            Server(
                host: index < hosts.count ? hosts[index] : nil, hostAddress: index < addresses.count ? addresses[index] : nil,
                port: ports.count == 1 ? ports[0] : index < ports.count ? ports[index] : nil)
        }
        return values["load_balance_hosts"] == "random" ? servers.shuffled() : servers
    }
}

extension ConnectionOptions.Server: CustomStringConvertible {
    var description: String { "\(host ?? hostAddress ?? "the local socket"):\(port ?? "5432")" }
}

/// Strings as libpq takes them.
enum CStrings {
    /// Runs `body` with an array of C strings that ends with NULL.
    static func with<Result>(_ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result) -> Result {
        var bytes: [CChar] = []
        var starts: [Int] = []
        for string in strings {
            starts.append(bytes.count)
            bytes += string.utf8CString
        }
        return bytes.withUnsafeBufferPointer { buffer in
            let pointers: [UnsafePointer<CChar>?] = starts.map { buffer.baseAddress! + $0 } + [nil]
            return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
        }
    }
}
