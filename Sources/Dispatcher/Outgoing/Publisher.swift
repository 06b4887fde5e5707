import AMQP
import Logging
import ServiceLifecycle
import ServiceSupport
import TaskGridCore

/// The connection over which the dispatcher speaks: it repeats what must not be lost, and publishes events once.
struct Publisher: Sendable {
    let connection: Connection
    let topology: Topology
    let logger: Logger

    /// Publishes until each message has its final outcome; nil where nothing can be published any more. Work that is refused waits in
    /// the store. Anything else, such as a dead letter, is published again for a while, or smaller where the broker does not take its
    /// size. In place of a message that cannot be sent, an event goes out that says so.
    func publishUntilConfirmed(_ publications: [Publication]) async -> [PublishOutcome]? {
        await connection.publishUntilConfirmed(publications, policy: self)
    }

    /// Publishes events, once: they may be lost.
    func attempt(_ events: [Publication]) async {
        do throws(AMQPError) {
            _ = try await connection.publish(events, within: .seconds(2))
        } catch {
            logger.debug("events not published", metadata: [LogKey.error: "\(error)"])
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
