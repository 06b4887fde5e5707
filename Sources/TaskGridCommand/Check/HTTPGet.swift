import Dispatch
import Foundation
import TaskGridConfiguration

/// A GET of HTTP/1.0 (RFC 1945) over TCP without encryption, which is all that the broker's management interface needs: one request a
/// connection, no redirects. The command links no HTTP client for it.
struct HTTPGet: Sendable {
    struct Answer: Hashable, Sendable {
        let status: Int
        let body: Data
    }

    /// Why there is no answer, in words.
    struct Failure: Error, Hashable {
        let reason: String
    }

    /// The most bytes of an answer that are read.
    private static let maximumSize = 64 << 20
    private static let patience = Duration.seconds(5)

    let host: String
    let port: Int
    /// The path and the query, percent-encoded.
    let target: String
    let user: String
    let password: String

    func answer() async throws(Failure) -> Answer {
        let result: Result<Data, Failure> = await withCheckedContinuation { continuation in
            // Dispatch's threads may block; those of Swift's pool may not.
            DispatchQueue.global().async { continuation.resume(returning: Result { () throws(Failure) in try exchange() }) }
        }
        return try Self.parse(try result.get())
    }

    private var text: String {
        let login = Data("\(user):\(password)".utf8).base64EncodedString()
        let name = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        return "GET \(target) HTTP/1.0\r\nHost: \(name)\r\nAuthorization: Basic \(login)\r\n\r\n"
    }

    /// Sends the request to the first of the host's addresses that answers, and reads until the other side closes.
    private func exchange() throws(Failure) -> Data {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, "\(port)", &hints, &found)
        guard code == 0 else { throw Failure(reason: "the host is not found: \(String(cString: gai_strerror(code)))") }
        defer { freeaddrinfo(found) }
        var reason = "the host has no address"
        var next = found
        while let address = next?.pointee {
            next = address.ai_next
            let descriptor = socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), address.ai_protocol)
            guard descriptor >= 0 else {
                reason = Errno.current
                continue
            }
            defer { close(descriptor) }
            var limit = timeval(tv_sec: Int(Self.patience.components.seconds), tv_usec: 0)
            for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
                setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
            }
            guard connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 else {
                reason = errno == EINPROGRESS ? "no answer within \(Self.patience.components.seconds) s" : Errno.current
                continue
            }
            return try converse(descriptor)
        }
        throw Failure(reason: reason)
    }

    private func converse(_ descriptor: Int32) throws(Failure) -> Data {
        let request = Array(text.utf8)
        var sent = 0
        while sent < request.count {
            let count = request.withUnsafeBytes {
                send(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(reason: Errno.current) }
            sent += count
        }
        var answer = Data()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let end = ContinuousClock.now + Self.patience
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { return answer }
            guard count > 0, ContinuousClock.now < end else {
                throw Failure(reason: "no whole answer within \(Self.patience.components.seconds) s")
            }
            answer.append(contentsOf: buffer[..<count])
            guard answer.count <= Self.maximumSize else { throw Failure(reason: "the answer has more than \(Self.maximumSize) bytes") }
        }
    }

    /// Reads a status line, headers and a body.
    static func parse(_ bytes: Data) throws(Failure) -> Answer {
        guard let separator = bytes.firstRange(of: Data("\r\n\r\n".utf8)) else { throw Failure(reason: "what answers is no HTTP server") }
        let lines = String(decoding: bytes[..<separator.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw Failure(reason: "what answers is no HTTP server")
        }
        let body = Data(bytes[separator.upperBound...])
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "content-length" else { continue }
            guard Int(parts[1].trimmingCharacters(in: .whitespaces)) == body.count else { throw Failure(reason: "the answer was cut off") }
        }
        return Answer(status: status, body: body)
    }
}
