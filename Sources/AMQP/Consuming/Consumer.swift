/// Receives deliveries of one or more queues over a channel of their own, and acknowledges them.
///
/// Made by ``Connection/consumer(queues:prefetch:maximumBytes:)``. After a reconnect it goes on by itself; deliveries of the lost
/// connection come again, marked as redelivered, and their old tags acknowledge nothing.
public struct Consumer: Sendable {
    /// Bytes of bodies that a consumer holds at most, before one message more, unless it is told otherwise.
    public static let defaultMaximumBytes = 32 << 20

    let connection: Connection
    let number: Int
    let mailbox: DeliveryMailbox

    /// All deliveries that have come since the last call, in the order of their channel; suspends while there are none.
    /// nil when the consumer was cancelled or its connection closed, and when the calling task is cancelled. One task at
    /// a time: a second caller ends the wait of the first, with nil.
    public func next() async -> [Delivery]? {
        await mailbox.next()
    }

    /// Acknowledges a delivery and all before it on this consumer's channel, whichever of its queues they came from.
    ///
    /// - Returns: Whether it was acknowledged. One that came over a connection that was lost is not: it comes again.
    @discardableResult
    public func ack(upTo tag: DeliveryTag) async -> Bool {
        await connection.ack([tag], multiple: true, consumer: number)
    }

    /// Acknowledges just these.
    ///
    /// - Returns: Whether all were acknowledged. Those that came over a connection that was lost are not: they come again.
    @discardableResult
    public func ack(_ tags: [DeliveryTag]) async -> Bool {
        await connection.ack(tags, multiple: false, consumer: number)
    }

    /// Asks the broker for no more. Messages that came before its answer can still be taken and acknowledged; then ``next()``
    /// returns nil.
    public func cancel() async {
        await connection.cancel(consumer: number)
    }

    /// Asks the broker for no more until ``resume()``. Messages that came before its answer can still be taken and acknowledged.
    public func pause() async {
        await connection.pause(consumer: number)
    }

    /// Asks the broker for messages again.
    public func resume() async {
        await connection.resume(consumer: number)
    }

    /// Changes how many unacknowledged deliveries the broker hands out from some of its queues. Deliveries that are held stay, and
    /// counts apart from what comes.
    public func set(prefetch: Int, of queues: [String]) async {
        await connection.set(prefetch: UInt16(clamping: prefetch), of: queues, consumer: number)
    }
}
