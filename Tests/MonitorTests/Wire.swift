import Foundation
import TestSupport

/// A client's end of a real connection, which sends and reads what the test says, and nothing else: no library reads ahead.
final class Wire: Sendable {
    struct Failed: Error {
        let code: Int32
    }

    private let descriptor: Int32

    /// Connects to a port of this machine.
    ///
    /// - Parameter room: bytes that the system takes in before anybody reads them; nil: as many as it likes.
    init(_ port: Int, room: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failed(code: errno) }
        // Before it connects, or the other end is promised more.
        if var room { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size)) }
        let connected = IPv4.withAddress(port: port) { connect(descriptor, $0, $1) }
        guard connected == 0 else {
            let code = errno
            Foundation.close(descriptor)
            throw Failed(code: code)
        }
    }

    deinit { Foundation.close(descriptor) }

    /// Asks for a path.
    func get(_ path: String) throws {
        let request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        guard send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL)) == request.utf8.count else {
            throw Failed(code: errno)
        }
    }

    /// Ends it from this side, also for whoever reads.
    func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Reads until `isEnough`, or until the other end has closed: what has come.
    func read(until isEnough: @escaping @Sendable (String) -> Bool = { _ in false }) async -> String {
        // On a thread that may wait; whoever gives up ends the connection, and with it the wait.
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: self.readNow(until: isEnough)) }
            }
        } onCancel: {
            end()
        }
    }

    private func readNow(until isEnough: (String) -> Bool) -> String {
        var text = ""
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        while !isEnough(text) {
            let count = recv(descriptor, &bytes, bytes.count, 0)
            guard count > 0 else { break }
            text += String(decoding: bytes[..<count], as: UTF8.self)
        }
        return text
    }

    /// An answer with a body of a known length.
    func answer() async -> String {
        await read { text in
            guard let end = text.firstRange(of: "\r\n\r\n") else { return false }
            let length = text[..<end.lowerBound].firstMatch(of: #/(?i:content-length): (\d+)/#).flatMap { Int($0.1) } ?? 0
            return text[end.upperBound...].utf8.count >= length
        }
    }
}
