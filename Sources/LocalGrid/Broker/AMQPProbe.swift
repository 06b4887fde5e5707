import Dispatch
import Foundation

/// Asks whether a broker answers on a loopback port in its own language.
enum AMQPProbe {
    /// Sends AMQP's protocol header and waits up to a second for the broker's Connection.Start.
    static func answers(_ port: Int) async -> Bool {
        await withCheckedContinuation { continuation in
            // Dispatch's threads may block; those of Swift's pool may not.
            DispatchQueue.global().async { continuation.resume(returning: speaks(port)) }
        }
    }

    private static func speaks(_ port: Int) -> Bool {
        LoopbackPort.withSocket(port) { socket, address, length in
            var limit = timeval(tv_sec: 1, tv_usec: 0)
            setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            let header: [UInt8] = Array("AMQP".utf8) + [0, 0, 9, 1]
            guard connect(socket, address, length) == 0, send(socket, header, header.count, Int32(MSG_NOSIGNAL)) == header.count
            else { return false }
            var frame = [UInt8](repeating: 0, count: 11)
            guard recv(socket, &frame, frame.count, Int32(MSG_WAITALL)) == frame.count else { return false }
            return isConnectionStart(frame)
        }
    }

    /// A method frame (1) on channel 0 of class 10, method 10 (AMQP 0-9-1, 4.2.3 and 1.4.2.1).
    static func isConnectionStart(_ frame: [UInt8]) -> Bool {
        frame.count >= 11 && frame[0...2] == [1, 0, 0] && frame[7...10] == [0, 10, 0, 10]
    }
}
