import Foundation
import Synchronization

/// A network between a client and a server that a test cuts or holds at a byte. It knows no protocol.
///
/// Two threads a connection carry bytes, one each way; they end with the connection.
package final class ByteProxy: Sendable {
    package enum Direction: Sendable, Hashable { case towardServer, towardClient }

    package enum Verdict: Sendable {
        /// All bytes go on.
        case pass
        /// Only so many go on, and the connection ends.
        case cut(after: Int)
        /// These bytes and all that follow in the direction are kept until the connection ends.
        case hold
        /// Other bytes go on in place of these.
        case replace([UInt8])
    }

    /// Asked about the bytes that a read has given: with the number of the connection, from 1, and of the direction's bytes before them.
    package typealias Judge = @Sendable (_ link: Int, _ direction: Direction, _ bytes: ArraySlice<UInt8>, _ before: Int) -> Verdict

    package var port: Int { listener.port }
    private let listener: LoopbackListener
    private let state = Mutex(State())

    private struct State {
        var sockets: Set<Int32> = []
        var links = 0
        var isStopped = false
    }

    package init(to server: Int, judge: @escaping Judge) throws {
        listener = try LoopbackListener()
        listener.start { [self] client in join(client, to: server, judge) }
    }

    /// Waits for a text in a direction of each connection, and then does as it is told. The text may come in several reads.
    ///
    /// - Parameters:
    ///   - server: the server's port.
    ///   - text: the text.
    ///   - direction: where it goes.
    ///   - verdict: asked with the index behind the text in the bytes of the read that ends it.
    package convenience init(
        to server: Int, at text: String, _ direction: Direction, _ verdict: @escaping @Sendable (_ end: Int) -> Verdict
    ) throws {
        let text = Array(text.utf8)
        let tails = Mutex<[Int: [UInt8]]>([:])
        try self.init(to: server) { link, found, bytes, _ in
            guard found == direction else { return .pass }
            return tails.withLock { tails in
                let tail = tails[link] ?? []
                let seen = tail + bytes
                tails[link] = seen.suffix(text.count - 1)
                return seen.firstRange(of: text).map { verdict($0.upperBound - tail.count) } ?? .pass
            }
        }
    }

    /// Ends all connections and takes no more.
    package func stop() {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.isStopped = true
            for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
        }
        listener.stop()
    }

    private func join(_ client: Int32, to server: Int, _ judge: @escaping Judge) {
        let upstream = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(server)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(upstream, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        let number: Int? = state.withLock { state in
            guard !state.isStopped, isConnected else { return nil }
            state.links += 1
            state.sockets.formUnion([client, upstream])
            return state.links
        }
        guard let number else {
            close(client)
            close(upstream)
            return
        }
        let left = Atomic(2)
        for (from, to, direction) in [(client, upstream, Direction.towardServer), (upstream, client, .towardClient)] {
            Thread.detachNewThread { [self] in
                carry(number, from, to, direction, judge)
                shutdown(client, Int32(SHUT_RDWR))
                shutdown(upstream, Int32(SHUT_RDWR))
                guard left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
                state.withLock { $0.sockets.subtract([client, upstream]) }
                close(client)
                close(upstream)
            }
        }
    }

    private func carry(_ number: Int, _ from: Int32, _ to: Int32, _ direction: Direction, _ judge: Judge) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var before = 0
        var isHeld = false
        while true {
            let count = recv(from, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            if isHeld { continue }
            switch judge(number, direction, buffer[..<count], before) {
            case .pass: guard Self.write(buffer[..<count], to) else { return }
            case .cut(let after):
                _ = Self.write(buffer[..<min(after, count)], to)
                return
            case .hold: isHeld = true
            case .replace(let bytes): guard Self.write(bytes[...], to) else { return }
            }
            before += count
        }
    }

    private static func write(_ bytes: ArraySlice<UInt8>, _ socket: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let count = send(socket, buffer.baseAddress! + sent, buffer.count - sent, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr = in_addr(s_addr: INADDR_LOOPBACK.bigEndian)
        return address
    }
}
