import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL
import Synchronization

/// HTTP/1.1 for the connections that a server accepts: those for which there is a place, and a reserve for others, which are told
/// that there is none (503). The reserve answers `/healthz` too, so that monitoring always learns how the service is.
///
/// Each is closed, also one that nobody comes to handle. A connection that comes in while the server stops is set up and then dropped
/// by NIO, because its reader is gone; and NIO ends the process if an `NIOAsyncChannel` is dropped that was never closed.
struct Connections: ServerChildChannel {
    private let http: HTTP1Channel
    private let refusals: [ConnectionLimit.Refusal: HTTP1Channel]
    private let places: ConnectionLimit
    private let certificate: ServerCertificate?

    /// - Parameters:
    ///   - responder: answers requests.
    ///   - decoder: the bounds of a request.
    ///   - places: how many connections there is room for.
    ///   - times: how long requests may take to come.
    ///   - certificate: what the server shows; nil: it speaks plain HTTP.
    init(
        _ responder: @escaping HTTPChannelHandler.Responder, decoder: HTTP1Channel.Configuration.DecoderConfiguration,
        places: ConnectionLimit, times: RequestTimes, certificate: ServerCertificate?
    ) {
        func configuration(_ first: TimeAmount, _ next: TimeAmount) -> HTTP1Channel.Configuration {
            HTTP1Channel.Configuration(
                additionalChannelHandlers: [StallGuard(), RequestDeadline(first: first, next: next)], idleTimeout: next,
                httpDecoderConfiguration: decoder
            )
        }
        func refusal(_ detail: String) -> HTTP1Channel {
            let problem = Problem(status: .serviceUnavailable, detail: "\(detail); try again later", retryAfter: .seconds(5))
            return HTTP1Channel(
                responder: { request, writer, channel in
                    if request.uri.path == Route.healthPath { return try await responder(request, writer, channel) }
                    var response = problem.response
                    response.headers[.connection] = "close"
                    if request.method == .head { return try await writer.writeResponse(response.head) }
                    try await writer.write(response: response.head, body: response.body)
                },
                configuration: configuration(times.reserve, times.reserve)
            )
        }
        http = HTTP1Channel(responder: responder, configuration: configuration(times.first, times.next))
        refusals = [
            .full: refusal("\(places.maximum) connections are open already, which is the most"),
            .addressFull: refusal("\(places.maximumOfAddress) connections from this address are open already, which is the most"),
        ]
        self.places = places
        self.certificate = certificate
    }

    /// A connection, handled once or else closed.
    final class Value: ServerChildChannelValue {
        typealias Parts = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

        let channel: any Channel
        let http: HTTP1Channel
        private let parts: Mutex<Parts?>

        /// `http` handles the connection.
        init(_ parts: Parts, _ http: HTTP1Channel) {
            channel = parts.channel
            self.http = http
            self.parts = Mutex(parts)
        }

        /// The connection that is to be handled; nil if it was taken before.
        func take() -> Parts? { parts.withLock { $0.take() } }

        deinit {
            guard let parts = take() else { return }
            // Unstructured, because nobody is left to wait for it; it ends with the connection, which it closes.
            Task { try? await parts.executeThenClose { _, _ in } }
        }
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let http = places.take(channel).flatMap { refusals[$0] } ?? http
        if let certificate {
            do {
                try channel.pipeline.syncOperations.addHandlers([
                    PlainRequestRefusal(), NIOSSLServerHandler(context: certificate.context),
                ])
            } catch {
                return channel.eventLoop.makeFailedFuture(error)
            }
        }
        return http.setup(channel: channel, logger: logger).flatMapThrowing { parts in
            // It closes the connection where the handler cannot be added.
            let value = Value(parts, http)
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(RequestHost(), position: .before(pipeline.handler(type: HTTP1ToHTTPServerCodec.self)))
            return value
        }
    }

    func handle(value: Value, logger: Logger) async {
        if let parts = value.take() { await value.http.handle(value: parts, logger: logger) }
    }
}
