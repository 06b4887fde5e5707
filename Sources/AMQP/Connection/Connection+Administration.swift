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

    /// Whether an exchange is there.
    ///
    /// - Parameter exchange: the exchange, of which only the name counts.
    package func isThere(_ exchange: Exchange) async throws(AMQPError) -> Bool {
        try withSession { (session) throws(AMQPError) in try isThere(.exchange(exchange), session) }
    }

    /// Drops the messages that are ready for delivery; returns how many.
    @discardableResult
    public func purge(queue: String) async throws(AMQPError) -> Int {
        try administrate { (handle, channel) throws(AMQPError) in try handle.purge(queue, channel) }
    }

    public func delete(queue: String) async throws(AMQPError) {
        try administrate { (handle, channel) throws(AMQPError) in try handle.delete(queue, channel) }
    }

    public func delete(exchange: String) async throws(AMQPError) {
        try administrate { (handle, channel) throws(AMQPError) in try handle.delete(exchange: exchange, channel) }
    }

    public func unbind(_ binding: Binding) async throws(AMQPError) {
        try administrate { (handle, channel) throws(AMQPError) in try handle.unbind(binding, channel) }
    }

    /// Declares again what the connection was given, because somebody has deleted some of it.
    package func declareAgain() async throws(AMQPError) {
        try withSession { (session) throws(AMQPError) in try declareAll(session) }
    }

    private func administrate<Result>(
        _ body: (Handle, UInt16) throws(AMQPError) -> Result
    ) throws(AMQPError) -> Result {
        try withSession { (session) throws(AMQPError) in try session.administrate(body) }
    }

    private func withSession<Result>(_ body: (ConnectionSession) throws(AMQPError) -> Result) throws(AMQPError) -> Result {
        guard case .open(let session) = phase else {
            throw AMQPError(.unreachable, "connection '\(name)' to \(endpoint) is not connected")
        }
        do throws(AMQPError) {
            return try body(session)
        } catch {
            if !session.isRefusal(error) {
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
