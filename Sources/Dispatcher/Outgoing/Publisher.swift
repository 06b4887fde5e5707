import AMQP
import Logging
import ServiceLifecycle
import TaskGridCore

/// The connection over which the dispatcher speaks: it insists on what must not be lost, and tells events once.
struct Publisher: Sendable {
    let connection: Connection
    let topology: Topology
    let logger: Logger

    /// How often a message that its queue does not take is published again.
    private static let repeats = 5
    /// A reply: whoever waits for it asks again, and others wait meanwhile.
    private static let repeatsOfReply = 1

    /// Publishes until each message has an outcome; nil where nothing can be published any more. Work that is refused waits in
    /// the store; anything else, such as a dead letter, is published again for a while, or smaller where the broker does not take
    /// its size. In place of what cannot be sent, an event goes out that says so.
    func publishUntilConfirmed(_ publications: [Publication]) async -> [PublishOutcome]? {
        await publishUntilConfirmed(publications.map(sendable), repetition: 0)
    }

    private func publishUntilConfirmed(_ publications: [Publication], repetition: Int) async -> [PublishOutcome]? {
        while true {
            do throws(AMQPError) {
                let outcomes = try await connection.publish(publications, within: .seconds(10))
                return await repeatRefused(publications, outcomes, repetition)
            } catch {
                if error.code == .badMessage { return await halve(publications, error) }
                logger.warning("publishing again what was not confirmed", metadata: ["error": "\(error)"])
                // Without a broker a stop cannot wait: what is not acknowledged comes again, and is known by then.
                if error.code == .closed || Task.isShuttingDownGracefully || Task.isCancelled { return nil }
            }
        }
    }

    /// Publishes again what the broker did not take.
    private func repeatRefused(_ publications: [Publication], _ outcomes: [PublishOutcome], _ repetition: Int) async -> [PublishOutcome]? {
        var outcomes = outcomes
        var again: [(index: Int, publication: Publication)] = []
        var isExchangeMissing = false
        /// By exchange.
        var dropped: [String: Int] = [:]
        for (index, outcome) in outcomes.enumerated() {
            let publication = publications[index]
            if case .refused(.exchangeNotFound) = outcome { isExchangeMissing = true }
            // Work waits in the store, and another marker follows.
            guard !publication.isMandatory, publication.exchange != topology.work.name else { continue }
            switch outcome {
            case .confirmed, .returned: break
            case .refused(.exchangeNotFound): again.append((index, publication))
            case .refused(.tooLarge(_, let limit)):
                if let smaller = publication.smaller(than: limit, topology) {
                    again.append((index, smaller))
                } else {
                    await attempt([unsendable(publication, outcome)])
                    outcomes[index] = .confirmed
                }
            case .nacked, .refused(.accessRefused):
                let repeats = publication.exchange == topology.reply.name ? Self.repeatsOfReply : Self.repeats
                if repetition < repeats { again.append((index, publication)) } else { dropped[publication.exchange, default: 0] += 1 }
            }
        }
        for (exchange, count) in dropped { tellDropped(count, exchange) }
        if isExchangeMissing { await declareAgain() }
        guard !again.isEmpty else { return outcomes }
        if repetition > 0 || outcomes.contains(.nacked) {
            try? await Task.sleep(for: .milliseconds(100 << min(repetition, 5)))
            if Task.isShuttingDownGracefully || Task.isCancelled { return nil }
        }
        guard let repeated = await publishUntilConfirmed(again.map(\.publication), repetition: repetition + 1) else { return nil }
        for (entry, outcome) in zip(again, repeated) { outcomes[entry.index] = outcome }
        return outcomes
    }

    /// Says what becomes of messages that the broker refuses again and again.
    private func tellDropped(_ count: Int, _ exchange: String) {
        let metadata: Logger.Metadata = ["amqp.exchange": "\(exchange)", "amqp.messages": "\(count)"]
        switch exchange {
        case topology.reply.name: logger.warning("broker refuses replies, their clients have to ask again", metadata: metadata)
        case topology.dead.name: logger.error("broker refuses dead letters, they are lost", metadata: metadata)
        default: logger.warning("broker refuses messages that are no tasks, they are dropped", metadata: metadata)
        }
    }

    /// Somebody has deleted or unbound a work queue whose workers live.
    func declareWorkQueue(of type: TaskType) async {
        guard connection.trouble == nil else { return }
        do throws(AMQPError) {
            try await connection.declare(topology.work(type))
            logger.warning("a work queue was deleted or unbound; declared again", metadata: ["task.type": "\(type)"])
        } catch {
            logger.error("a work queue cannot be declared", metadata: ["task.type": "\(type)", "error": "\(error)"])
        }
    }

    /// Somebody has deleted an exchange.
    private func declareAgain() async {
        do throws(AMQPError) {
            // With its bindings: what is published to an exchange without them is lost.
            try await connection.declare(topology.dispatcher)
            logger.warning("an exchange was missing; declared again")
        } catch {
            logger.error("an exchange is missing and cannot be declared", metadata: ["error": "\(error)"])
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
        guard let first = await publishUntilConfirmed(Array(publications[..<middle]), repetition: 0),
            let second = await publishUntilConfirmed(Array(publications[middle...]), repetition: 0)
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
    private func unsendable(_ publication: Publication, _ error: any Sendable) -> Publication {
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

    /// Tells of a problem that lasts, or that it is over.
    ///
    /// `message`: what is wrong; nil: nothing any more.
    func tell(_ problem: GridEvent.Problem, _ message: String?) async {
        let event = GridEvent(
            kind: message == nil ? .warning : .error, service: "dispatcher", at: .now(), message: message ?? "\(problem.rawValue) is over",
            problem: problem
        )
        await attempt([.event(event, topology)])
    }

    /// Tells of what becomes of the dispatcher.
    func tell(_ kind: GridEvent.Kind) async {
        let event = GridEvent(kind: kind, service: "dispatcher", at: .now(), message: "dispatcher \(kind.rawValue)")
        await attempt([.event(event, topology)])
    }

    /// Asks all workers to say at once that they are there.
    func callRoll() async {
        let request = HeartbeatRequest().message()
        await attempt([Publication(exchange: topology.control.name, routingKey: Topology.allWorkersKey, message: request)])
    }

    /// Drops what waits in a type's work queue; false where the broker cannot be asked.
    func purge(_ type: TaskType) async -> Bool {
        do throws(AMQPError) {
            try await connection.purge(queue: topology.workQueue(type).name)
            return true
        } catch {
            // A queue that is not there is empty.
            return error.code == .notFound
        }
    }

    /// The workers among these whose control queue is gone, and that therefore live no more; nil where the broker cannot be asked.
    func gone(_ workers: [String]) async -> [String]? {
        guard connection.trouble == nil else { return nil }
        let publications = workers.map { worker in
            Publication(
                exchange: topology.control.name, routingKey: topology.workerKey(worker),
                message: Message(properties: BasicProperties(messageID: worker, type: "ping")), isMandatory: true
            )
        }
        guard let outcomes = try? await connection.publish(publications, within: .seconds(5)) else { return nil }
        // Without the exchange nobody can be asked.
        guard !outcomes.contains(where: { if case .refused = $0 { true } else { false } }) else { return nil }
        return zip(workers, outcomes).filter { $0.1 != .confirmed }.map(\.0)
    }
}
