import NIOCore
import NIOHTTPTypes

/// How long a server waits for requests.
struct RequestTimes {
    /// From a connection on, for its first request.
    var first = TimeAmount.seconds(10)
    /// From an answer on, for the next request; and for as long a connection may be silent.
    var next = TimeAmount.seconds(30)
    /// For as long a connection of the reserve stays open.
    var reserve = TimeAmount.seconds(2)
}

/// Closes a connection whose request does not come whole in time: a byte now and then keeps none open.
final class RequestDeadline: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let first: TimeAmount
    private let next: TimeAmount
    private var end: Scheduled<Void>?
    /// Whether the latest request is answered, which may be before it has come whole.
    private var isAnswered = true

    /// - Parameters:
    ///   - first: how long the first request may take from the connection on.
    ///   - next: how long after an answer the next one may take.
    init(first: TimeAmount, next: TimeAmount) {
        self.first = first
        self.next = next
    }

    func handlerAdded(context: ChannelHandlerContext) { expect(within: first, context) }

    func handlerRemoved(context: ChannelHandlerContext) { cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: isAnswered = false
        case .body: break
        case .end: if isAnswered { expect(within: next, context) } else { cancel() }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            isAnswered = true
            expect(within: next, context)
        }
        context.write(data, promise: promise)
    }

    private func expect(within time: TimeAmount, _ context: ChannelHandlerContext) {
        cancel()
        end = context.eventLoop.scheduleTask(in: time) { [channel = context.channel] in channel.close(promise: nil) }
    }

    private func cancel() {
        end?.cancel()
        end = nil
    }
}
