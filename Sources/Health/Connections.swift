import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import Synchronization

/// HTTP/1.1 for the connections that a server accepts: those for which there is a place, and some more, which are told that
/// there is none (503) and closed.
///
/// Each is closed, also one that nobody comes to handle. A connection that comes in while the server stops is set up and then dropped
/// by NIO, for its reader is gone; and NIO ends the process where an `NIOAsyncChannel` is dropped that was never closed.
struct Connections: ServerChildChannel {
    /// How many are told at a time; beyond them the system keeps those that come until one has been.
    static let maximumRefusals = 64
    /// How long one that is told stays open.
    private static let refusalTime = TimeAmount.seconds(1)

    private let http: HTTP1Channel
    private let refusals: HTTP1Channel
    private let places: Places

    /// - Parameter maximum: how many have a place.
    init(_ responder: @escaping HTTPChannelHandler.Responder, _ configuration: HTTP1Channel.Configuration, maximum: Int) {
        http = HTTP1Channel(responder: responder, configuration: configuration)
        var brief = configuration
        brief.idleTimeout = Self.refusalTime
        let problem = Problem(
            status: .serviceUnavailable, detail: "\(maximum) connections are open already, which is the most; try again later",
            retryAfter: .seconds(5)
        )
        refusals = HTTP1Channel(
            responder: { request, writer, _ in
                var response = problem.response
                response.headers[.connection] = "close"
                if request.method == .head { return try await writer.writeResponse(response.head) }
                try await writer.write(response: response.head, body: response.body)
            },
            configuration: brief
        )
        places = Places(maximum)
    }

    /// How many connections may still come.
    private final class Places: Sendable {
        private let free: Mutex<Int>

        init(_ count: Int) {
            free = Mutex(count)
        }

        func take() -> Bool {
            free.withLock { free in
                guard free > 0 else { return false }
                free -= 1
                return true
            }
        }

        func giveBack() { free.withLock { $0 += 1 } }
    }

    /// A connection, handled once or else closed.
    final class Value: ServerChildChannelValue {
        typealias Parts = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

        let channel: any Channel
        let http: HTTP1Channel
        private let parts: Mutex<Parts?>

        /// - Parameter http: what handles it.
        init(_ parts: Parts, _ http: HTTP1Channel) {
            channel = parts.channel
            self.http = http
            self.parts = Mutex(parts)
        }

        /// What there is to handle; nil where it was taken before.
        func take() -> Parts? { parts.withLock { $0.take() } }

        deinit {
            guard let parts = take() else { return }
            // Unstructured, for nobody is left to wait for it; it ends with the connection, which it closes.
            Task { try? await parts.executeThenClose { _, _ in } }
        }
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let hasPlace = places.take()
        if hasPlace { channel.closeFuture.whenComplete { [places] _ in places.giveBack() } }
        let http = hasPlace ? http : refusals
        return http.setup(channel: channel, logger: logger).map { Value($0, http) }
    }

    func handle(value: Value, logger: Logger) async {
        if let parts = value.take() { await value.http.handle(value: parts, logger: logger) }
    }
}
