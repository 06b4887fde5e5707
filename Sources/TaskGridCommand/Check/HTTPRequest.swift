import AMQP
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import TaskGridConfiguration

/// A request of HTTP/1.0 (RFC 1945), over TCP or TLS, which is all that the broker's management interface needs: one request a connection, no
/// redirects. The command links no HTTP client for it.
struct HTTPRequest: Sendable {
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

    /// Such as `GET`.
    let method: String
    let host: String
    let port: Int
    /// The path and the query, percent-encoded.
    let target: String
    let user: String
    let password: String
    /// The CAs of the other side; nil: plain HTTP.
    var tls: TLSSettings?
    /// What is sent, as JSON; nil: nothing.
    var body: Data?
    /// How long the connection may take, and then the answer.
    var patience = Duration.seconds(5)

    func answer() async throws(Failure) -> Answer {
        let bytes: Data
        do {
            bytes = try await exchange()
        } catch {
            throw error as? Failure ?? Failure(reason: reason(of: error))
        }
        return try Self.parse(bytes)
    }

    private var bytes: Data {
        let login = Data("\(user):\(password)".utf8).base64EncodedString()
        let name = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let head = "\(method) \(target) HTTP/1.0\r\nHost: \(name)\r\nAuthorization: Basic \(login)\r\n"
        let content = body.map { "Content-Type: application/json\r\nContent-Length: \($0.count)\r\n" } ?? ""
        return Data("\(head)\(content)\r\n".utf8) + (body ?? Data())
    }

    /// The name that the other side's certificate has to have; nil: the address that the connection is made to.
    var certificateName: String? {
        let name = tls?.serverName ?? host
        return (try? SocketAddress(ipAddress: name, port: port)) == nil ? name : nil
    }

    /// Sends the request to the first of the host's addresses that answers, and reads until the other side closes.
    private func exchange() async throws -> Data {
        let context = try tls.map(Self.context)
        let name = certificateName
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(patience))
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let late = connection.channel.eventLoop.scheduleTask(in: TimeAmount(patience)) {
            connection.channel.pipeline.fireErrorCaught(Failure(reason: "no whole answer within \(patience.components.seconds) s"))
        }
        defer { late.cancel() }
        return try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: bytes))
            var answer = Data()
            do {
                for try await bytes in inbound {
                    answer.append(contentsOf: bytes.readableBytesView)
                    guard answer.count <= Self.maximumSize else {
                        throw Failure(reason: "the answer has more than \(Self.maximumSize) bytes")
                    }
                }
            } catch NIOSSLError.uncleanShutdown {
                // The answer's length tells whether it is whole.
            }
            return answer
        }
    }

    private static func context(_ tls: TLSSettings) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let ca = tls.ca { configuration.trustRoots = .file(ca) }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw Failure(reason: "the CAs in \(tls.ca ?? "this machine's store") cannot be used")
        }
    }

    private func reason(of error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError: error.connectionErrors.first.map { reason(of: $0.error) } ?? "the host is not found"
        case ChannelError.connectTimeout: "no answer within \(patience.components.seconds) s"
        case let error as IOError: Errno.text(error.errnoCode)
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            "the certificate is not for '\(certificateName ?? host)': name a host or an address that it has"
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: tlsReason("\(error)")
        default: "\(error)"
        }
    }

    /// Why TLS failed, in words.
    ///
    /// - Parameter text: what BoringSSL says: names of errors, and the places in its own source.
    func tlsReason(_ text: String) -> String {
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            let known = tls?.ca.map { "CA in \($0)" } ?? "CA that is trusted"
            return "the certificate is signed by no \(known), or is not valid now: name the file of its CA with --broker-ca or "
                + "TASKGRID_BROKER_CA"
        }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return "no TLS is spoken there: name the port of HTTPS, or begin the URL with http://"
        }
        return "TLS failed: \(text.replacing(#/ at /[^\],]*/#, with: ""))"
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
