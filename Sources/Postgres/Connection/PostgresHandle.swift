import CPostgres
import Glibc

/// libpq's connection, and the only code that calls the library on it. It belongs to its ``PostgresConnection``'s thread, and is closed
/// with this object. No call blocks, except for the look-up of host names while it connects.
final class PostgresHandle {
    private let pq: UnsafePointer<taskgrid_libpq_t>
    private let connection: OpaquePointer
    private let secrets: [String]
    private let notices: NoticeBox

    /// Begins to connect.
    ///
    /// - Parameters:
    ///   - parameters: libpq's keywords and values.
    ///   - secrets: what must not be shown.
    ///   - pq: libpq's functions.
    init(_ parameters: [(String, String)], secrets: [String], _ pq: UnsafePointer<taskgrid_libpq_t>) throws(PostgresError) {
        let connection = CStrings.with(parameters.map(\.0)) { names in
            CStrings.with(parameters.map(\.1)) { values in pq.pointee.PQconnectStartParams(names, values, 0) }
        }
        guard let connection else { throw PostgresError(.unreachable, "out of memory for a connection to PostgreSQL") }
        self.pq = pq
        self.connection = connection
        self.secrets = secrets
        notices = NoticeBox(pq)
        // For the SQLSTATE, which libpq tells of a connection that is not made in the message alone.
        _ = pq.pointee.PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        // The box outlives the connection: it is freed after `deinit` has closed that.
        _ = pq.pointee.PQsetNoticeReceiver(
            connection,
            { context, result in
                guard let context, let result else { return }
                Unmanaged<NoticeBox>.fromOpaque(context).takeUnretainedValue().add(result)
            }, Unmanaged.passUnretained(notices).toOpaque())
    }

    deinit { pq.pointee.PQfinish(connection) }

    // MARK: State

    var socket: Int32 { pq.pointee.PQsocket(connection) }
    var isBad: Bool { pq.pointee.PQstatus(connection) == CONNECTION_BAD }
    var transactionStatus: PGTransactionStatusType { pq.pointee.PQtransactionStatus(connection) }
    var serverVersion: Int { Int(pq.pointee.PQserverVersion(connection)) }
    var process: Int32 { pq.pointee.PQbackendPID(connection) }
    /// The host and the port that it is connected to, of all that the settings name.
    var place: String { "\(String(c: pq.pointee.PQhost(connection))):\(String(c: pq.pointee.PQport(connection)))" }
    /// That host's address; empty for a local socket.
    var address: String { String(c: pq.pointee.PQhostaddr(connection)) }

    /// Why the session takes no writes, as far as the server says: those before version 14 do not.
    private var reasonIfReadOnly: (meaning: String, advice: String)? {
        func isOn(_ parameter: String) -> Bool { String(c: pq.pointee.PQparameterStatus(connection, parameter)) == "on" }
        if isOn("in_hot_standby") { return ("it is a standby", "name all hosts with target_session_attrs=read-write, or promote it") }
        if isOn("default_transaction_read_only") {
            return ("default_transaction_read_only is on for the user, the database or the server", "set it off")
        }
        return nil
    }

    /// What to do where the session takes no writes, and why it does not.
    var adviceIfReadOnly: String {
        reasonIfReadOnly.map { "\($0.meaning); \($0.advice)" }
            ?? "name all hosts with target_session_attrs=read-write, or end its recovery or read-only mode"
    }

    /// Why the session of one server among several takes no writes: another one may take them.
    var adviceIfReadOnlyAmongOthers: String? { reasonIfReadOnly?.meaning }

    /// Of TCP; nil for other sockets.
    var bytesReceived: Int64? {
        let count = taskgrid_bytes_received(socket)
        return count < 0 ? nil : count
    }

    /// libpq's latest message.
    var errorText: String { text(ForeignText.sentences(String(c: pq.pointee.PQerrorMessage(connection)))) }

    func text(_ foreign: String) -> String {
        // One that libpq found in the password file.
        let used = pq.pointee.PQpass(connection).map { String(cString: $0) } ?? ""
        return ForeignText.plain(foreign, without: secrets + [used])
    }

    /// The notices since the last call.
    func takeNotices() -> NoticeBox.Notices { notices.take() }

    // MARK: Connecting

    /// One step of the connection's start. The socket is as it was asked for.
    func pollConnect() -> PostgresPollingStatusType { pq.pointee.PQconnectPoll(connection) }

    /// Whether the socket has one of these events, without waiting.
    func has(_ events: Int32) -> Bool {
        var descriptor = pollfd(fd: socket, events: Int16(events), revents: 0)
        return poll(&descriptor, 1, 0) > 0
    }

    /// False where libpq refuses, as for lack of memory.
    func enterPipelineMode() -> Bool {
        _ = pq.pointee.PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
        return pq.pointee.PQsetnonblocking(connection, 1) == 0 && pq.pointee.PQenterPipelineMode(connection) == 1
    }

    // MARK: Sending

    func sendPrepare(_ name: String, _ sql: String, _ types: [PostgresType]) -> Bool {
        let types = types.map(\.oid)
        return pq.pointee.PQsendPrepare(connection, name, sql, Int32(types.count), types) == 1
    }

    /// Sends a statement that is prepared as `name`; nil: that is not prepared.
    func send(_ statement: PostgresStatement, preparedAs name: String?) -> Bool {
        statement.parameters.withPointers { count, types, values, lengths, formats in
            if let name {
                pq.pointee.PQsendQueryPrepared(connection, name, count, values, lengths, formats, 1) == 1
            } else {
                pq.pointee.PQsendQueryParams(connection, statement.query.sql, count, types, values, lengths, formats, 1) == 1
            }
        }
    }

    func sendSync() -> Bool { pq.pointee.PQpipelineSync(connection) == 1 }

    enum Flushed { case all, some, broken }

    func flush() -> Flushed {
        switch pq.pointee.PQflush(connection) {
        case 0: .all
        case 1: .some
        default: .broken
        }
    }

    // MARK: Reading

    /// Reads what the socket has. False where the connection is broken; answers that came before may still wait.
    func consumeInput() -> Bool {
        while true {
            guard pq.pointee.PQconsumeInput(connection) == 1 else { return false }
            // OpenSSL reads whole records; a poll of the socket does not show the rest of one.
            guard let pending = pq.pointee.SSL_pending, pq.pointee.PQsslInUse(connection) == 1,
                let ssl = pq.pointee.PQsslStruct(connection, "OpenSSL"), pending(ssl) > 0
            else { return true }
        }
    }

    /// Whether reading a result would have to wait.
    var isBusy: Bool { pq.pointee.PQisBusy(connection) == 1 }

    /// The next result; nil: that was the last of its step. Asked only while it is not busy.
    func nextResult() -> ResultHandle? {
        pq.pointee.PQgetResult(connection).map { ResultHandle($0, pq) }
    }
}

extension PostgresParameters {
    /// Runs `body` with the parameters as libpq takes them.
    fileprivate func withPointers<Result>(
        _ body: (
            Int32, UnsafePointer<Oid>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        guard !fields.isEmpty else { return body(0, nil, nil, nil, nil) }
        let types = fields.map(\.type.oid)
        let lengths = fields.map { Int32(max(0, $0.count)) }
        let formats = [Int32](repeating: 1, count: fields.count)
        // A value without bytes has an address too: libpq takes none for NULL.
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1) { empty in
            bytes.withUnsafeBytes { buffer in
                let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
                let values = fields.map { field -> UnsafePointer<CChar>? in
                    field.count < 0 ? nil : field.count == 0 ? UnsafePointer(empty.baseAddress) : base.map { $0 + field.start }
                }
                return body(Int32(fields.count), types, values, lengths, formats)
            }
        }
    }
}
