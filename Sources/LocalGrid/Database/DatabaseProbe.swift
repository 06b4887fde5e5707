import Dispatch
import Foundation

/// Asks whether a PostgreSQL on a loopback port takes connections, in its own language.
enum DatabaseProbe {
    /// Sends a startup message and waits up to a second for the server's request to log in. One that starts or stops answers with an error.
    static func answers(_ port: Int) async -> Bool {
        await withCheckedContinuation { continuation in
            // Dispatch's threads may block; those of Swift's pool may not.
            DispatchQueue.global().async { continuation.resume(returning: asks(port)) }
        }
    }

    private static func asks(_ port: Int) -> Bool {
        LoopbackPort.withSocket(port) { socket, address, length in
            var limit = timeval(tv_sec: 1, tv_usec: 0)
            setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            let message = startup(user: DatabaseFiles.user)
            guard connect(socket, address, length) == 0, send(socket, message, message.count, Int32(MSG_NOSIGNAL)) == message.count
            else { return false }
            var answer: UInt8 = 0
            return recv(socket, &answer, 1, 0) == 1 && answer == UInt8(ascii: "R")
        }
    }

    /// The startup message of protocol 3.0 (PostgreSQL's manual, "Message Formats").
    static func startup(user: String) -> [UInt8] {
        let body: [UInt8] = [0, 3, 0, 0] + Array("user\0\(user)\0database\0postgres\0\0".utf8)
        return withUnsafeBytes(of: UInt32(body.count + 4).bigEndian) { Array($0) } + body
    }
}
