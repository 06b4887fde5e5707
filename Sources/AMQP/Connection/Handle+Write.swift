import CRabbitMQ
import Glibc

extension Handle {
    /// The outcome of a write.
    enum WriteOutcome {
        case written(Int)
        /// The socket takes nothing until it has this event of poll(2).
        case waits(Int16)
        case broken
    }

    /// Writes what the socket takes of `bytes`, without waiting. The rest has to come first in the next write.
    func write(_ bytes: UnsafeRawBufferPointer) -> WriteOutcome {
        if let ssl {
            var reads: Int32 = 0
            let count = taskgrid_tls_write(ssl, bytes.baseAddress, bytes.count, &reads)
            return count > 0 ? .written(count) : count < 0 ? .broken : .waits(Int16(reads == 0 ? POLLOUT : POLLIN))
        }
        let count = send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        if count > 0 { return .written(count) }
        return switch errno {
        case EAGAIN, EWOULDBLOCK: .waits(Int16(POLLOUT))
        case EINTR: .written(0)
        default: .broken
        }
    }
}
