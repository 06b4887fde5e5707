import AMQP
import Foundation
import Logging
import ServiceLifecycle
import ServiceSupport
import TaskGridCore

/// One run of the monitor: its connections, and what goes from them to the grid.
struct MonitorSession: Sendable {
    private static let probeInterval = Duration.seconds(5)
    private static let lookInterval = Duration.seconds(1)
    /// The correlation of queries whose answers say no more than that somebody answers.
    private static let signOfLife = "sign-of-life"
    /// A type that no worker serves.
    private static let nobody = TaskType(literal: "taskgrid-nobody")

    /// For whom it listens.
    enum Role: String {
        /// The monitor, which announces its start and stop, and moves unreadable messages to the dead-letter queue.
        case monitor
        /// An observer, which does neither.
        case watch
    }

    let role: Role
    let id: String
    let grid: GridState
    /// The queries that people ask the dispatcher through the monitor.
    let queryClient: MonitorQueries
    private let publishing: Connection
    private let consuming: Connection
    private let events: Consumer
    private let replies: Consumer
    private let answered = BrokerAnswers()
    private let vitals: Vitals
    private let logger: Logger

    private var topology: Topology { grid.topology }

    init(_ role: Role = .monitor, id: String, endpoint: Endpoint, grid: GridState, vitals: Vitals, logger: Logger) {
        self.role = role
        self.id = id
        self.grid = grid
        self.vitals = vitals
        self.logger = logger
        let topology = grid.topology
        // The queues are exclusive to the connection that declares them, so only the one that consumes does.
        publishing = Connection(
            endpoint, name: "\(role.rawValue) publish", clientProperties: .grid, declarations: topology.common, logger: logger)
        consuming = Connection(
            endpoint, name: "\(role.rawValue) consume", clientProperties: .grid, declarations: topology.monitor(id: id),
            ownership: .bindings(every: Ownership.interval),
            logger: logger
        )
        events = consuming.consumer(queues: [topology.listenerQueue("monitor", id).name], prefetch: 1000)
        replies = consuming.consumer(queues: [topology.replyQueue(client: id).name], prefetch: 10)
        queryClient = MonitorQueries(
            QueryClient(id: id, topology: topology, maximum: MonitorQueries.maximum) { [publishing] query, time throws(AMQPError) in
                try await publishing.publish([query], within: time).first ?? .nacked
            }
        )
        for connection in [publishing, consuming] { vitals.connection { connection.reading } }
    }

    /// How its connections stand now; one to a broker that answers nothing is none.
    var readings: [ConnectionReading] { [answered.checked(publishing.reading, at: .now), consuming.reading] }

    var isConnected: Bool { publishing.isConnected && consuming.isConnected }

    /// Asked on the connection that never publishes: of one that does, a broker in alarm reads nothing any more.
    func depth(of queue: String) async throws(AMQPError) -> QueueDepth {
        try await consuming.depth(of: queue)
    }

    /// Connects and listens until ``stop(within:)`` or ``close()``.
    func serve() async throws(AMQPError) { await listen(asking: try await start()) }

    /// Connects.
    ///
    /// - Parameter patience: how long it tries; nil: for ever.
    /// - Returns: a stream with an element for each connection that is made.
    func start(patience: Duration? = nil) async throws(AMQPError) -> AsyncStream<Int> {
        let connected = consuming.reconnections()
        try await publishing.start(patience: patience)
        try await consuming.start(patience: patience)
        vitals.enter(.serving)
        return connected
    }

    /// Listens until ``stop(within:)`` or ``close()``, and asks the services each time that a connection is made.
    func listen(asking connected: AsyncStream<Int>) async {
        await withDiscardingTaskGroup { background in
            background.addTask { await tell(.started) }
            background.addTask {
                // Events of the time in which nobody listened are made up for by queries. Nobody waits for the answers:
                // if none comes, the events and heartbeats of the next seconds say the same.
                for await _ in connected { await ask() }
            }
            background.addTask { await probe() }
            background.addTask { await watchBroker() }
            async let listened: Void = listen()
            async let answered: Void = receiveAnswers()
            _ = await (listened, answered)
            background.cancelAll()
        }
        await tell(.stopped)
    }

    /// Takes no more messages, and gives what is under way `deadline` to end, or until the task is cancelled.
    func stop(within deadline: Duration) async {
        // Without the broker nothing can be brought to its end.
        guard isConnected else { return }
        await events.cancel()
        await replies.cancel()
        try? await Task.sleep(for: deadline)
    }

    func close() async {
        await consuming.close()
        await publishing.close()
    }

    private func listen() async {
        let pulse = vitals.pulse("events")
        while let deliveries = await events.next() {
            pulse.works()
            Failpoint.eventReceived.pass()
            var dead: [Publication] = []
            for delivery in deliveries {
                do {
                    if delivery.exchange == topology.events.name {
                        try topology.checkEvent(delivery.message, key: delivery.routingKey, to: id)
                    }
                    try grid.apply(delivery.message, exchange: delivery.exchange, key: delivery.routingKey)
                } catch {
                    guard role == .monitor else { continue }
                    logger.warning(
                        "unreadable message, moving it to the dead-letter queue",
                        metadata: [LogKey.routingKey: "\(delivery.routingKey)", LogKey.reason: "\(error)"]
                    )
                    dead.append(letter(delivery, because: error.description))
                }
            }
            await publish(dead, "dead letters are lost")
            if let last = deliveries.last { await events.ack(upTo: last.tag) }
            pulse.waits()
        }
        pulse.ends()
    }

    private func receiveAnswers() async {
        let pulse = vitals.pulse("answers")
        while let deliveries = await replies.next() {
            pulse.works()
            var dead: [Publication] = []
            var queries: [Publication] = []
            for delivery in deliveries {
                do throws(WireError) {
                    try topology.checkAnswer(delivery.message, to: id)
                } catch {
                    logger.warning("answer of another user, ignored", metadata: [LogKey.error: "\(error)"])
                    if role == .monitor { dead.append(letter(delivery, because: error.description)) }
                    continue
                }
                grid.hear(delivery.message.properties.type == WorkersQuery.name ? .nameservice : .dispatcher)
                if queryClient.accept(delivery.message) || delivery.message.properties.correlationID == Self.signOfLife { continue }
                do {
                    if let next = try grid.applyAnswer(delivery.message) { queries.append(query(next)) }
                } catch {
                    logger.warning("unusable answer, learning from events", metadata: [LogKey.error: "\(error)"])
                    // A service's refusal can be read.
                    if role == .monitor, let error = error as? WireError { dead.append(letter(delivery, because: error.description)) }
                }
            }
            await publish(dead, "dead letters are lost")
            if !queries.isEmpty { await publish(queries, "queries are lost, learning from events") }
            if let last = deliveries.last { await replies.ack(upTo: last.tag) }
            pulse.waits()
        }
        pulse.ends()
    }

    private func letter(_ delivery: Delivery, because reason: String) -> Publication {
        .deadLetter(delivery.message, because: reason, topology)
    }

    private func ask() async {
        await publish([query(CountsQuery()), query(WorkersQuery())], "queries are lost, learning from events")
    }

    /// A query, whose answers the grid takes unless it has another correlation.
    private func query<Asked: Query>(_ query: Asked, correlation: String? = nil) -> Publication {
        let message = query.message(from: id, correlation: correlation ?? Asked.name, within: QueryLimits.patience)
        return Publication(exchange: topology.rpc.name, routingKey: Asked.service.rawValue, message: message)
    }

    /// Asks both services for a sign of life now and then: the dispatcher says nothing by itself while it knows no types, the
    /// nameservice while nobody comes or goes. And the broker tells of an alarm only those who publish.
    private func probe() async {
        // The least that each can be asked.
        let queries = [
            query(EndingsQuery(tasks: []), correlation: Self.signOfLife),
            query(WorkersQuery(type: Self.nobody), correlation: Self.signOfLife),
        ]
        while (try? await Task.sleep(for: Self.probeInterval)) != nil {
            // If it fails, the connection's reading says why.
            _ = try? await publishing.publish(queries, within: Self.probeInterval)
        }
    }

    /// Gives the broker a message to confirm each second, because a connection stays open long after a broker has frozen. The message
    /// reaches no queue.
    private func watchBroker() async {
        let message = Message(properties: BasicProperties(), body: Data())
        let probe = Publication(exchange: topology.rpc.name, routingKey: "monitor-probe", message: message)
        while (try? await Task.sleep(for: Self.lookInterval)) != nil {
            guard (try? await publishing.publish([probe], within: Self.probeInterval)) != nil else { continue }
            answered.note(at: .now)
        }
    }

    private func tell(_ kind: GridEvent.Kind) async {
        guard role == .monitor else { return }
        await tell(kind, "monitor \(TaskGridVersion.current) \(kind.rawValue)")
    }

    /// Tells the grid's events of an action.
    func tell(of entry: AuditEntry) async { await tell(.notice, entry.sentence) }

    private func tell(_ kind: GridEvent.Kind, _ message: String) async {
        let event = GridEvent(kind: kind, service: role.rawValue, at: .now(), message: message)
        let key = topology.gridEventKey(kind.rawValue)
        await publish([Publication(exchange: topology.events.name, routingKey: key, message: .event(event))], "event is lost")
    }

    /// Tries once: nothing that the monitor says is needed by anyone to go on.
    private func publish(_ publications: [Publication], _ loss: Logger.Message) async {
        do {
            _ = try await publishing.publish(publications, within: .seconds(5))
        } catch {
            logger.warning(loss, metadata: [LogKey.error: "\(error)", LogKey.messageCount: "\(publications.count)"])
        }
    }
}
