import Dispatch
import Foundation
import Synchronization

/// Asks the kernel about TCP ports of 127.0.0.1.
enum LoopbackPort {
    /// Below what Linux hands out by itself (32768 to 60999), so that no outgoing connection takes one before it is used.
    static let range = 20_000..<32_000

    /// Whether a server could listen on `port` now.
    static func isFree(_ port: Int) -> Bool {
        withSocket(port) { socket, address, length in
            var yes: Int32 = 1
            setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            return bind(socket, address, length) == 0 && listen(socket, 1) == 0
        }
    }

    /// Whether somebody listens on `port`.
    static func listens(_ port: Int) -> Bool {
        withSocket(port) { socket, address, length in connect(socket, address, length) == 0 }
    }

    /// Sends a message to whoever listens on `port`, and waits up to a second for the first bytes of the answer.
    ///
    /// - Parameters:
    ///   - message: the message.
    ///   - port: the port.
    ///   - count: how many bytes of the answer are awaited.
    /// - Returns: These bytes; nil where they did not come.
    static func answer(to message: [UInt8], on port: Int, count: Int) async -> [UInt8]? {
        await withCheckedContinuation { continuation in
            // Dispatch's threads may block; those of Swift's pool may not.
            DispatchQueue.global().async {
                var answer = [UInt8](repeating: 0, count: count)
                let hasAnswered = withSocket(port) { socket, address, length in
                    var limit = timeval(tv_sec: 1, tv_usec: 0)
                    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
                    return connect(socket, address, length) == 0
                        && send(socket, message, message.count, Int32(MSG_NOSIGNAL)) == message.count
                        && recv(socket, &answer, count, Int32(MSG_WAITALL)) == count
                }
                continuation.resume(returning: hasAnswered ? answer : nil)
            }
        }
    }

    /// The ports that this process was told to be free. A port may be used much later, and is not told again.
    private static let told = Mutex<Set<Int>>([])

    /// A port of `range` that is free and not among `taken`.
    static func free(besides taken: Set<Int>) throws(LocalGridError) -> Int {
        for _ in 0..<1_000 {
            let port = Int.random(in: range)
            if !taken.contains(port), isFree(port), told.withLock({ $0.insert(port).inserted }) { return port }
        }
        throw LocalGridError(.port, "no free port found from \(range.lowerBound) to \(range.upperBound - 1) on 127.0.0.1")
    }

    /// Runs `body` on a new socket and the address of `port`; false without a socket.
    static func withSocket(_ port: Int, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool) -> Bool {
        #if os(Linux)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr = in_addr(s_addr: INADDR_LOOPBACK.bigEndian)
        return withUnsafeBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { rebound in
                rebound.baseAddress.map { body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) } ?? false
            }
        }
    }
}
