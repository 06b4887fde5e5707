/// Calls over the administration channel. Each blocks the connection's thread for a round trip.
extension ConnectionSession {
    /// Makes a call, over a channel that is opened where none is. The broker closes the channel of a call that it refuses (AMQP 0-9-1,
    /// section 4.7), and waits for the answer to that.
    func administrate<Result>(_ body: (Handle, UInt16) throws(AMQPError) -> Result) throws(AMQPError) -> Result {
        do throws(AMQPError) {
            try flush()
            if !isAdministrationOpen {
                try handle.openChannel(Connection.Channel.administration)
                isAdministrationOpen = true
            }
            let result = try body(handle, Connection.Channel.administration)
            // The library has read the answer, which the loop never sees, and beside answers the broker sends no heartbeats.
            lastHeard = .now
            return result
        } catch {
            if isRefusal(error) {
                lastHeard = .now
                encoder.channelCloseOK(channel: Connection.Channel.administration)
                isAdministrationOpen = false
            }
            throw error
        }
    }

    /// Makes a call that the broker may refuse.
    ///
    /// - Returns: the refusal; nil where the broker has done it.
    func refusal(_ body: (Handle, UInt16) throws(AMQPError) -> Void) throws(AMQPError) -> AMQPError? {
        do throws(AMQPError) {
            try administrate(body)
            return nil
        } catch {
            guard isRefusal(error) else { throw error }
            return error
        }
    }

    /// Whether the broker has refused a call and goes on with the connection.
    func isRefusal(_ error: AMQPError) -> Bool { error.brokerCode != nil && !handle.isClosedByBroker }

    /// Writes everything before a call of the library, which writes for itself.
    func flush() throws(AMQPError) {
        guard flush(until: .now + Handle.callTimeout) else { throw AMQPError(.connectionLost, "the broker takes no bytes") }
    }
}
