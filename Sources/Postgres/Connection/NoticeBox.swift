import CPostgres

/// The notices that libpq hands over while it reads, bounded. It belongs to the connection's thread.
final class NoticeBox {
    /// Those of one turn.
    struct Notices {
        var messages: [ServerMessage] = []
        /// How many there were beyond ``NoticeBox/limit``.
        var dropped = 0
        /// Somebody cancelled the wait of a COMMIT for its standbys: the server warns, and calls it committed.
        var wasNotReplicated = false
        /// Why the server ends the session.
        var farewell: ServerMessage?
    }

    static let limit = 20

    private let pq: UnsafePointer<taskgrid_libpq_t>
    private var notices = Notices()

    init(_ pq: UnsafePointer<taskgrid_libpq_t>) { self.pq = pq }

    /// - Parameter result: libpq's result of a notice, which libpq frees.
    func add(_ result: OpaquePointer) {
        let message = ServerMessage(result, pq)
        // Its text depends on the server's language; its place in the server does not.
        if message.function == "SyncRepWaitForLSN" { notices.wasNotReplicated = true }
        if message.isFatal { notices.farewell = message }
        if notices.messages.count < Self.limit { notices.messages.append(message) } else { notices.dropped += 1 }
    }

    func take() -> Notices {
        defer { notices = Notices() }
        return notices
    }
}
