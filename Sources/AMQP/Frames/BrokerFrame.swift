import Foundation

/// A frame that the broker sent after the handshake, as far as this side acts on it.
enum BrokerFrame {
    case deliver(consumerTag: String, tag: UInt64, isRedelivered: Bool, exchange: String, routingKey: String)
    case returned(code: Int, text: String, exchange: String, routingKey: String)
    case header(bodySize: UInt64, properties: BasicProperties)
    /// A piece of a body. The bytes are the library's: copied before the next frame is read.
    case body(UnsafeRawBufferPointer)
    case ack(tag: UInt64, multiple: Bool)
    case nack(tag: UInt64, multiple: Bool)
    /// The broker answers our own consume.
    case consumeOK(consumerTag: String)
    /// The broker ended a consumer: its queue is gone, or moved.
    case cancelled(consumerTag: String)
    /// The broker answers our own cancel.
    case cancelOK(consumerTag: String)
    case channelClosed(code: Int, text: String)
    /// The broker answers our own close of a channel.
    case channelCloseOK
    case connectionClosed(code: Int, text: String)
    case blocked(reason: String)
    case unblocked
    /// Anything else, by its method number or frame type.
    case other(UInt32)
}
