/// Set-up and looks at queues while the broker is connected. Each call blocks the connection's thread for a round trip.
extension Connection {
    /// Declares more than the connection was given; not repeated after a reconnect.
    public func declare(_ declarations: Declarations) async throws(AMQPError) {
        try administrate { (handle, channel) throws(AMQPError) in try handle.declare(declarations, channel) }
    }

    /// The number of a queue's messages and consumers.
    ///
    /// - Throws: `notFound` where there is none such.
    public func depth(of queue: String) async throws(AMQPError) -> QueueDepth {
        try administrate { (handle, channel) throws(AMQPError) in try handle.depth(of: queue, channel) }
    }

    /// Drops the messages that are ready for delivery; returns how many.
    @discardableResult
    public func purge(queue: String) async throws(AMQPError) -> Int {
        try administrate { (handle, channel) throws(AMQPError) in try handle.purge(queue, channel) }
    }

    public func delete(queue: String) async throws(AMQPError) {
        try administrate { (handle, channel) throws(AMQPError) in try handle.delete(queue, channel) }
    }

    /// Declares again what the connection was given, because somebody has deleted some of it.
    package func declareAgain() async throws(AMQPError) {
        try administrate { (handle, channel) throws(AMQPError) in try handle.declare(declarations, channel) }
    }

    public func delete(exchange: String) async throws(AMQPError) {
        try administrate { (handle, channel) throws(AMQPError) in try handle.delete(exchange: exchange, channel) }
    }

    public func unbind(_ binding: Binding) async throws(AMQPError) {
        try administrate { (handle, channel) throws(AMQPError) in try handle.unbind(binding, channel) }
    }

    private func administrate<Result>(
        _ body: (Handle, UInt16) throws(AMQPError) -> Result
    ) throws(AMQPError) -> Result {
        guard case .open(let session) = phase else {
            throw AMQPError(.unreachable, "connection '\(name)' to \(endpoint) is not connected")
        }
        do throws(AMQPError) {
            try flush(session)
            try openAdministration(session)
            return try body(session.handle, Channel.administration)
        } catch {
            if error.brokerCode != nil, !session.handle.isClosedByBroker {
                // The broker has closed the channel for it (AMQP 0-9-1, section 4.7), and waits for the answer.
                session.encoder.channelCloseOK(channel: Channel.administration)
                session.isAdministrationOpen = false
            } else {
                if session.handle.isClosedByBroker {
                    session.encoder.connectionCloseOK()
                    _ = session.write()
                }
                lose(AMQPError(.connectionLost, error.message, brokerCode: error.brokerCode))
            }
            throw error
        }
    }
}
