/// The broker's properties, and the limits that it and a connection have agreed on (AMQP 0-9-1, `connection.start` and `tune`).
package struct BrokerGreeting: Hashable, Sendable {
    /// Such as `product`, `version`, `cluster_name` and `capabilities`.
    package let properties: FieldTable
    /// Seconds between heartbeats; 0: none are sent.
    package let heartbeat: Int
    /// The most bytes of a frame.
    package let frameSize: Int
    /// The highest number that a channel may have.
    package let lastChannel: Int

    /// - Parameters:
    ///   - properties: the broker's properties.
    ///   - heartbeat: seconds between heartbeats; 0: none are sent.
    ///   - frameSize: the most bytes of a frame.
    ///   - lastChannel: the highest number that a channel may have.
    package init(properties: FieldTable, heartbeat: Int, frameSize: Int, lastChannel: Int) {
        self.properties = properties
        self.heartbeat = heartbeat
        self.frameSize = frameSize
        self.lastChannel = lastChannel
    }
}

extension Connection {
    /// The broker's greeting; nil while it is not connected.
    package var greeting: BrokerGreeting? {
        guard case .open(let session) = phase else { return nil }
        let handle = session.handle
        return BrokerGreeting(
            properties: handle.serverProperties, heartbeat: handle.heartbeat, frameSize: handle.frameSize,
            lastChannel: Int(handle.lastChannel)
        )
    }
}
