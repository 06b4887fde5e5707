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

    package let port: Int
    private let listener: Int32
    private let state = Mutex(State())

    private struct State {
        var sockets: Set<Int32> = []
        var links = 0
        var isStopped = false
    }

    package init(to server: Int, judge: @escaping Judge) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { [listener] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, address, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in accept(server, judge) }
    }

    /// Ends all connections and takes no more.
    package func stop() {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.isStopped = true
            for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
            shutdown(listener, Int32(SHUT_RDWR))
            close(listener)
        }
    }

    private func accept(_ server: Int, _ judge: @escaping Judge) {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { return }
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
                continue
            }
            let left = Mutexed(2)
            for (from, to, direction) in [(client, upstream, Direction.towardServer), (upstream, client, .towardClient)] {
                Thread.detachNewThread { [self] in
                    carry(number, from, to, direction, judge)
                    shutdown(client, Int32(SHUT_RDWR))
                    shutdown(upstream, Int32(SHUT_RDWR))
                    guard left.decrement() == 0 else { return }
                    state.withLock { $0.sockets.subtract([client, upstream]) }
                    close(client)
                    close(upstream)
                }
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

    private final class Mutexed: Sendable {
        private let value: Mutex<Int>
        init(_ value: Int) { self.value = Mutex(value) }
        func decrement() -> Int {
            value.withLock {
                $0 -= 1
                return $0
            }
        }
    }
}

extension ArraySlice<UInt8> {
    /// Whether the text is in these bytes.
    package func has(_ text: String) -> Bool { firstRange(of: Array(text.utf8)) != nil }
}
