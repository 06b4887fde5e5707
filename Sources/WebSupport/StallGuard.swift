import NIOCore

/// Closes a connection whose other end takes nothing for too long: what is written to it is then kept for nobody.
///
/// NIO stops taking more for a connection once some 64 KiB wait in it, and says so; that is when the time begins.
final class StallGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let patience: TimeAmount
    private var end: Scheduled<Void>?

    init(patience: TimeAmount = .seconds(10)) {
        self.patience = patience
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        end?.cancel()
        end = nil
        if !context.channel.isWritable {
            end = context.eventLoop.scheduleTask(in: patience) { [channel = context.channel] in channel.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end?.cancel()
    }
}
