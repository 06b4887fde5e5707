import CPostgres
import Glibc
import Polling

/// One attempt to connect: the servers in turn, each within its share of the time, until one is as it should be. libpq itself would wait
/// for a silent server for ever. It belongs to the connection's thread.
struct Dialer {
    enum Step {
        case waiting(PollLoop.WakeCondition)
        case connected(PostgresHandle)
        case failed(PostgresError)
    }

    let options: ConnectionOptions
    private let pq: UnsafePointer<taskgrid_libpq_t>
    private let deadline: ContinuousClock.Instant
    private var left: [(server: ConnectionOptions.Server, round: String?)]
    private var current: (handle: PostgresHandle, server: ConnectionOptions.Server, end: ContinuousClock.Instant)?
    /// The event that libpq waits for.
    private var awaited = POLLOUT
    private var failures = DialFailures()

    /// - Parameters:
    ///   - options: where to connect, and how.
    ///   - deadline: the end of the attempt.
    ///   - pq: libpq's functions.
    init(_ options: ConnectionOptions, until deadline: ContinuousClock.Instant, _ pq: UnsafePointer<taskgrid_libpq_t>) {
        self.options = options
        self.deadline = deadline
        self.pq = pq
        left = options.rounds.flatMap { round in options.servers.map { ($0, round) } }
    }

    /// Goes on as far as the socket allows.
    mutating func step() -> Step {
        while true {
            guard let current else {
                guard !left.isEmpty, ContinuousClock.now < deadline else { return .failed(failures.combined(options.description)) }
                begin()
                continue
            }
            guard ContinuousClock.now < current.end else {
                fail(current.server, PostgresError(.timedOut, "no answer within the limit"))
                continue
            }
            // libpq takes a call before its event for a connection that is made.
            guard current.handle.socket < 0 || current.handle.has(Int32(awaited)) else {
                return .waiting(wait(current.handle, current.end))
            }
            switch current.handle.pollConnect() {
            case PGRES_POLLING_OK:
                return .connected(current.handle)
            case PGRES_POLLING_READING:
                awaited = POLLIN
                return .waiting(wait(current.handle, current.end))
            case PGRES_POLLING_WRITING:
                awaited = POLLOUT
                return .waiting(wait(current.handle, current.end))
            default:
                fail(current.server, error(of: current.handle))
            }
        }
    }

    private mutating func begin() {
        let (server, round) = left.removeFirst()
        let now = ContinuousClock.now
        // The servers after it get the rest of its share.
        var share = now.duration(to: deadline) / (left.count + 1)
        if let limit = options.timeoutOfServer { share = min(share, limit) }
        do throws(PostgresError) {
            let handle = try PostgresHandle(options.parameters(for: server, round), secrets: options.secrets, pq)
            awaited = POLLOUT
            if handle.isBad { fail(server, error(of: handle)) } else { current = (handle, server, now + share) }
        } catch {
            fail(server, error)
        }
    }

    private func error(of handle: PostgresHandle) -> PostgresError {
        let advice = options.servers.count == 1 ? handle.adviceIfReadOnly : handle.adviceIfReadOnlyAmongOthers
        return DialFailures.error(handle.errorText, options.password, adviceIfReadOnly: advice)
    }

    private mutating func fail(_ server: ConnectionOptions.Server, _ error: PostgresError) {
        current = nil
        failures.add(error, of: server)
    }

    private func wait(_ handle: PostgresHandle, _ end: ContinuousClock.Instant) -> PollLoop.WakeCondition {
        var wait = PollLoop.WakeCondition(deadline: end)
        wait.socket = handle.socket
        wait.wantsToRead = awaited == POLLIN
        wait.wantsToWrite = awaited == POLLOUT
        return wait
    }
}
