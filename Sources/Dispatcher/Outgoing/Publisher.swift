import AMQP
import Logging
import ServiceLifecycle
import TaskGridCore

/// The connection over which the dispatcher speaks: it insists on what must not be lost, and tells events once.
struct Publisher: Sendable {
    let connection: Connection
    let topology: Topology
    let logger: Logger

    /// How often a message that the broker refuses is published again.
    private static let refusals = 5

    /// Publishes until each message has an outcome; nil where nothing can be published any more. Work that is refused waits in
    /// the store; anything else, such as a dead letter, is published again for a while. In place of what AMQP cannot carry, an
    /// event goes out that says so.
    func insist(_ publications: [Publication]) async -> [PublishOutcome]? {
        await insist(publications.map(sendable), tries: 0)
    }

    private func insist(_ publications: [Publication], tries: Int) async -> [PublishOutcome]? {
        while true {
            do throws(AMQPError) {
                var outcomes = try await connection.publish(publications, within: .seconds(10))
                let refused = outcomes.indices.filter { outcomes[$0] == .nacked && !publications[$0].isMandatory }
                guard !refused.isEmpty else { return outcomes }
                guard tries < Self.refusals else {
                    logger.error("the broker refuses messages; they are lost", metadata: ["amqp.messages": "\(refused.count)"])
                    return outcomes
                }
                try? await Task.sleep(for: .milliseconds(100 << tries))
                guard let again = await insist(refused.map { publications[$0] }, tries: tries + 1) else { return nil }
                for (place, outcome) in zip(refused, again) { outcomes[place] = outcome }
                return outcomes
            } catch {
                if error.code == .badMessage { return await halve(publications, error) }
                logger.warning("publishing again what was not confirmed", metadata: ["error": "\(error)"])
                // Without a broker a stop cannot wait: what is not acknowledged comes again, and is known by then.
                if error.code == .closed || Task.isShuttingDownGracefully || Task.isCancelled { return nil }
            }
        }
    }

    /// One of them is more than this broker takes, whose frames are smaller than ours: finds it, tells of it, and sends the rest.
    private func halve(_ publications: [Publication], _ error: AMQPError) async -> [PublishOutcome]? {
        guard publications.count > 1 else {
            for publication in publications where publication.exchange != topology.events.name {
                await attempt([unsendable(publication, error)])
            }
            // Work waits in the store; anything else is done with.
            return publications.map { $0.isMandatory ? .nacked : .confirmed }
        }
        let middle = publications.count / 2
        guard let first = await insist(Array(publications[..<middle]), tries: 0),
            let second = await insist(Array(publications[middle...]), tries: 0)
        else { return nil }
        return first + second
    }

    /// The publication, or where AMQP cannot carry what a stranger made us repeat in it, an event that says so.
    private func sendable(_ publication: Publication) -> Publication {
        do throws(AMQPError) {
            try publication.check()
            return publication
        } catch {
            return unsendable(publication, error)
        }
    }

    /// The event that says of a message that it could not be sent.
    private func unsendable(_ publication: Publication, _ error: AMQPError) -> Publication {
        logger.error("message not sendable", metadata: ["amqp.exchange": "\(publication.exchange)", "error": "\(error)"])
        let message = "a message to \(publication.exchange) could not be sent: \(error)"
        return .event(GridEvent(kind: .error, service: "dispatcher", at: .now(), message: message), topology)
    }

    /// Publishes events, once: they may be lost.
    func attempt(_ events: [Publication]) async {
        do throws(AMQPError) {
            _ = try await connection.publish(events, within: .seconds(2))
        } catch {
            logger.debug("events not published", metadata: ["error": "\(error)"])
        }
    }

    /// Tells of what becomes of the dispatcher.
    func tell(_ kind: GridEvent.Kind) async {
        let event = GridEvent(kind: kind, service: "dispatcher", at: .now(), message: "dispatcher \(kind.rawValue)")
        await attempt([.event(event, topology)])
    }

    /// The workers among these whose control queue is gone, and that therefore live no more; nil where the broker cannot be asked.
    func gone(_ workers: [String]) async -> [String]? {
        guard connection.trouble == nil else { return nil }
        let publications = workers.map { worker in
            Publication(
                exchange: topology.control.name, routingKey: "worker.\(worker)",
                message: Message(properties: BasicProperties(messageID: worker, type: "ping")), isMandatory: true
            )
        }
        guard let outcomes = try? await connection.publish(publications, within: .seconds(5)) else { return nil }
        return zip(workers, outcomes).filter { $0.1 != .confirmed }.map(\.0)
    }
}
