import Foundation
import Testing

@testable import LocalGrid

/// One end of a TCP connection, for a test to speak with. Its calls wait, on a thread of their own and ten seconds at most.
final class Peer: Sendable {
    /// How a connection's other side left.
    enum End: Equatable {
        case finished, reset
    }

    private let socket: TCPSocket

    private init(_ socket: TCPSocket) {
        self.socket = socket
        _ = fcntl(socket.descriptor, F_SETFL, fcntl(socket.descriptor, F_GETFL) & ~O_NONBLOCK)
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { socket.close() }

    /// Connects to a loopback port.
    static func connect(_ port: Int) async throws -> Peer {
        let address = try SocketAddress(host: "127.0.0.1", port: port)
        return Peer(try #require(TCPSocket.connecting(to: address)))
    }

    func send(_ bytes: [UInt8]) async {
        await waiting { socket in
            var sent = 0
            while sent < bytes.count, case .sent(let count) = socket.send(bytes[sent...]) { sent += count }
        }
    }

    /// Exactly so many bytes; fewer where the connection ends before.
    func receive(_ count: Int) async -> [UInt8] {
        await waiting { socket in
            var bytes = [UInt8](repeating: 0, count: count)
            let received = recv(socket.descriptor, &bytes, count, Int32(MSG_WAITALL))
            return Array(bytes.prefix(max(0, received)))
        }
    }

    /// Waits for the other side's end; nil where bytes come, or nothing in ten seconds.
    func end() async -> End? {
        await waiting { socket in
            var byte: UInt8 = 0
            switch recv(socket.descriptor, &byte, 1, 0) {
            case 0: return End.finished
            case -1 where errno == ECONNRESET: return End.reset
            default: return nil
            }
        }
    }

    /// Whether nothing has come.
    var isSilent: Bool {
        var byte: UInt8 = 0
        return recv(socket.descriptor, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK)) < 0 && errno == EAGAIN
    }

    private func waiting<Value: Sendable>(_ body: @escaping @Sendable (TCPSocket) -> Value) async -> Value {
        let socket = socket
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body(socket)) }
        }
    }

    /// The listener that stands for the broker: takes connections.
    final class Server: Sendable {
        private let listener: TCPSocket
        var port: Int { listener.port }

        init() throws {
            listener = try .listening()
            _ = fcntl(listener.descriptor, F_SETFL, fcntl(listener.descriptor, F_GETFL) & ~O_NONBLOCK)
        }

        deinit { listener.close() }

        func accept() async throws -> Peer {
            let descriptor = listener.descriptor
            let accepted = await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: Foundation.accept(descriptor, nil, nil)) }
            }
            return Peer(TCPSocket(descriptor: try #require(accepted >= 0 ? accepted : nil)))
        }
    }
}
