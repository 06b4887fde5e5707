import AMQP
import Foundation
import Logging
import ServiceLifecycle
import ServiceSupport
import TaskGridCore

/// One run of the nameservice: its connections, and the loops between them.
struct NameserviceSession: Sendable {
    /// How long after a roll call every worker that lives has answered: they do within a second, and their messages take a moment.
    private static let rollCallTime = Duration.milliseconds(1500)

    private let topology: Topology
    private let publishing: Connection
    private let consuming: Connection
    private let registrations: Consumer
    private let queries: Consumer
    private let registry: WorkerRegistry
    private let publisher: NameservicePublisher
    private let vitals: Vitals

    init(endpoint: Endpoint, topology: Topology, maximumWorkers: Int, access: AccessPolicy?, vitals: Vitals, logger: Logger) {
        self.topology = topology
        self.vitals = vitals
        let id = UUID().uuidString.lowercased()
        publishing = Connection(
            endpoint, name: "nameservice publish", clientProperties: .grid, declarations: topology.common, logger: logger)
        consuming = Connection(
            endpoint, name: "nameservice consume", clientProperties: .grid,
            declarations: topology.nameservice + topology.registrations(id: id), ownership: .queues(every: Ownership.interval),
            logger: logger
        )
        registrations = consuming.consumer(
            queues: [topology.listenerQueue("registry", id).name], prefetch: 1000, maximumBytes: 8 << 20
        )
        queries = consuming.consumer(queues: [topology.rpcQueue(.nameservice).name], prefetch: 100, maximumBytes: 4 << 20)
        registry = WorkerRegistry(topology: topology, leases: LeaseTable(maximum: maximumWorkers), access: access, logger: logger)
        publisher = NameservicePublisher(connection: publishing, topology: topology, logger: logger)
        for connection in [publishing, consuming] { vitals.connection { connection.reading } }
    }

    /// Connects and serves until ``stop(within:)`` or ``close()``.
    func serve(onReady: () -> Void) async throws(AMQPError) {
        let connected = consuming.reconnections()
        // Until it knows the workers: its answers would lack some. Another nameservice answers meanwhile, or the queries wait.
        await queries.pause()
        try await publishing.start()
        try await consuming.start()
        vitals.enter(.serving)
        onReady()
        await withDiscardingTaskGroup { background in
            background.addTask {
                await tell(.started)
                guard await callRoll() else { return }
                try? await Task.sleep(for: Self.rollCallTime)
                await queries.resume()
            }
            background.addTask { await expire() }
            background.addTask {
                for await count in connected {
                    // While the broker was away no heartbeat came through, which is no worker's fault.
                    registry.renewAll(at: .now())
                    // And those that have come meanwhile are not known.
                    if count > 1 { _ = await callRoll() }
                }
            }
            async let registered: Void = register()
            async let answered: Void = answer()
            _ = await (registered, answered)
            background.cancelAll()
        }
        await tell(.stopped)
    }

    /// Takes no more messages, and gives what is under way `deadline` to end, or until the task is cancelled.
    func stop(within deadline: Duration) async {
        // Without the broker nothing can be brought to its end.
        guard consuming.isConnected, publishing.isConnected else { return }
        await registrations.cancel()
        await queries.cancel()
        try? await Task.sleep(for: deadline)
    }

    func close() async {
        await consuming.close()
        await publishing.close()
    }

    /// Asks all workers to speak at once.
    private func callRoll() async -> Bool { await publisher.publish([registry.rollCall()]) }

    private func register() async {
        let pulse = vitals.pulse("registrations")
        defer { pulse.ends() }
        while let deliveries = await registrations.next() {
            pulse.works()
            Failpoint.registryReceived.pass()
            let moment = ClockReading.now()
            let publications = deliveries.flatMap { registry.handle($0.message, key: $0.routingKey, at: moment) }
            // Deliveries that are not acknowledged come again.
            guard await publisher.publish(publications) else { return }
            if let last = deliveries.last { await registrations.ack(upTo: last.tag) }
            pulse.waits()
        }
    }

    private func answer() async {
        let pulse = vitals.pulse("queries")
        defer { pulse.ends() }
        while let deliveries = await queries.next() {
            let now = ContinuousClock.now
            for delivery in deliveries {
                pulse.works()
                // One at a time, since each may be large. A query whose client has given up is not answered; the client asks again.
                if ContinuousClock.now < now + QueryLimits.patience(of: delivery.message) {
                    guard await publisher.publish([registry.answer(delivery.message, key: delivery.routingKey)]) else { return }
                }
                await queries.ack(upTo: delivery.tag)
            }
            pulse.waits()
        }
    }

    /// Sleeps until the next lease ends, and tells of those whose did.
    private func expire() async {
        let pulse = vitals.pulse("leases")
        defer { pulse.ends() }
        while !Task.isCancelled {
            pulse.waits()
            // Nobody leaves while nobody can be heard; the next connection raises the signal.
            await registry.changed.wait(until: consuming.isConnected ? registry.nextExpiry : nil)
            guard consuming.isConnected else { continue }
            pulse.works()
            guard await publisher.publish(registry.expire(at: .now())) else { return }
        }
    }

    private func tell(_ kind: GridEvent.Kind) async {
        let event = GridEvent(
            kind: kind, service: Topology.Service.nameservice.rawValue, at: .now(),
            message: "nameservice \(TaskGridVersion.current) \(kind.rawValue)"
        )
        _ = await publisher.publish([
            Publication(exchange: topology.events.name, routingKey: topology.gridEventKey(kind.rawValue), message: .event(event))
        ])
    }
}
