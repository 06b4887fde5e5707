import NIOCore

/// Tells a client that speaks plain HTTP that the port speaks HTTPS, and ends the connection. It stands before TLS, and goes away once a
/// connection has begun otherwise.
final class PlainRequestRefusal: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let answer: String = {
        let text = "this port speaks HTTPS: begin the URL with https://\n"
        return """
            HTTP/1.1 400 Bad Request\r
            content-type: text/plain; charset=utf-8\r
            content-length: \(text.utf8.count)\r
            connection: close\r
            \r
            \(text)
            """
    }()

    private var hasRefused = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // The rest of the request.
        if hasRefused { return }
        let bytes = unwrapInboundIn(data)
        // A request of HTTP begins with the name of its method, and TLS with a byte that is no letter (RFC 8446, section 5.1).
        guard let first = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self), (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first)
        else {
            context.fireChannelRead(data)
            return context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
        hasRefused = true
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: Self.answer)), promise: nil)
        // The other direction stays open until the client has read the answer: to close it now could take the answer away.
        context.close(mode: .output, promise: nil)
    }
}
