import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import Synchronization

/// HTTP/1.1 for the connections that a server accepts, of which each is closed, also one that nobody comes to handle.
///
/// A connection that comes in while the server stops is set up and then dropped by NIO, for its reader is gone; and NIO ends the
/// process where an `NIOAsyncChannel` is dropped that was never closed.
struct Connections: ServerChildChannel {
    private let http: HTTP1Channel

    init(http: HTTP1Channel) {
        self.http = http
    }

    /// A connection, handled once or else closed.
    final class Value: ServerChildChannelValue {
        typealias Parts = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

        let channel: any Channel
        private let parts: Mutex<Parts?>

        init(_ parts: Parts) {
            channel = parts.channel
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
        http.setup(channel: channel, logger: logger).map(Value.init)
    }

    func handle(value: Value, logger: Logger) async {
        if let parts = value.take() { await http.handle(value: parts, logger: logger) }
    }
}
