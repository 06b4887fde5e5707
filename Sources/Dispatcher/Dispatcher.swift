package import AMQP
import Foundation
package import Logging
import ServiceLifecycle
package import ServiceSupport
package import TaskGridCore
package import TaskStore

/// The service that accepts tasks, keeps each one's durable state, hands tasks to the work queues, collects results,
/// retries, schedules, and answers queries.
///
/// It consumes the submit and results queues over one channel. Each turn takes all that waits, as one transaction of the
/// store; while the broker confirms what a turn has to say, the next turn is on its way. Deliveries are acknowledged once
/// the transaction is durable and what follows from it confirmed.
///
/// One dispatcher is active for a prefix, and the others stand by. With a store in a file, the active one owns an exclusive queue, and
/// another waits until that is free. With a store that has a lease (`TaskStore.lease`), the active one has that, and the queue is a hint
/// (``Leadership``). One that is no longer active, and does not know yet, is told so by the store (`TaskStore.beginTerm()`): what it would
/// write is refused, and of that turn nothing is published or acknowledged. Without a lease, one that is told so and still owns its queue
/// shares the store with another grid, and ends with an error.
package struct Dispatcher: Service {
    let configuration: DispatcherConfiguration
    private let endpoint: Endpoint
    let topology: Topology
    let store: any TaskStore
    let vitals: Vitals
    let logger: Logger
    private let onReady: @Sendable () -> Void
    private let onStandby: @Sendable () -> Void

    /// - `vitals`: where it shows its health.
    /// - `onReady`: called once the dispatcher is the active one and consumes.
    /// - `onStandby`: called at most once, before that: it has stood by for some seconds.
    package init(
        configuration: DispatcherConfiguration = DispatcherConfiguration(), endpoint: Endpoint, topology: Topology,
        store: any TaskStore, vitals: Vitals = Vitals(), logger: Logger, onReady: @escaping @Sendable () -> Void = {},
        onStandby: @escaping @Sendable () -> Void = {}
    ) {
        self.configuration = configuration
        self.endpoint = endpoint
        self.topology = topology
        self.store = store
        self.vitals = vitals
        self.logger = logger
        self.onReady = onReady
        self.onStandby = onStandby
    }

    package func run() async throws {
        let id = UUID().uuidString.lowercased()
        let properties = FieldTable.dispatcher(of: topology.prefix, store: store.identity)
        let publishing = Connection(
            endpoint, name: "dispatcher publish", clientProperties: properties, declarations: topology.common, logger: logger)
        let publisher = Publisher(connection: publishing, topology: topology, logger: logger)
        let consuming = Connection(
            endpoint, name: "dispatcher consume", clientProperties: properties,
            declarations: Declarations(queues: store.lease == nil ? [topology.dispatcherLock] : []) + topology.dispatcher,
            ownership: .everything(every: .seconds(3600)), sharingThreadOf: publishing, logger: logger
        )
        // Heartbeats come over a connection of their own: that of the intake is not read while much of it waits.
        let listening = Connection(
            endpoint, name: "dispatcher listen", clientProperties: properties,
            declarations: topology.dispatcher + topology.heartbeats(id: id),
            ownership: .everything(every: Ownership.interval), logger: logger
        )
        let leadership = store.lease.map { lease in
            let lock = Connection(endpoint, name: "dispatcher lock", clientProperties: properties, logger: logger)
            vitals.connection { lock.reading }
            return Leadership(
                lease, id: id, lock: lock, consuming: consuming, queue: topology.dispatcherLock, vitals: vitals, logger: logger)
        }
        let intake = consuming.consumer(
            queues: [topology.submitQueue.name, topology.resultsQueue.name], prefetch: configuration.prefetch,
            maximumBytes: Self.maximumIntake
        )
        let registry = listening.consumer(queues: [topology.listenerQueue("heartbeats", id).name], prefetch: 1000)
        let queries = consuming.consumer(
            queues: [topology.rpcQueue(.dispatcher).name], prefetch: 64, maximumBytes: QueryService.maximumBytes
        )
        let inbox = Inbox()
        let pipe = Pipe<Outbound>(capacity: 2)
        let trouble = StoreTrouble(vitals)
        let scheduler = Scheduler(
            store: store, topology: topology, configuration: configuration, logger: logger, trouble: trouble
        ) { workers in
            await publisher.gone(workers)
        } purge: { type in
            await publisher.purge(type)
        } rejectQueued: { error in
            let queued = inbox.removeSubmissions()
            guard !queued.isEmpty else { return }
            var outbound = Outbound(topology: topology, persistsWork: false, acknowledges: .only(queued.map(\.tag)))
            for (_, submission) in queued {
                outbound.rejections += Publication.rejection(of: submission, Rejection(of: submission, error), topology)
            }
            await pipe.send(outbound)
        }
        let queryService = QueryService(
            handler: QueryHandler(store: store, scheduler: scheduler, access: configuration.access, logger: logger), inbox: inbox,
            topology: topology, vitals: vitals
        ) { await publisher.publishUntilConfirmed($0) }
        let heartbeats = HeartbeatIntake(consumer: registry, inbox: inbox, vitals: vitals, logger: logger)
        let pruning = Pruning(store: store, scheduler: scheduler, configuration: configuration, vitals: vitals, logger: logger)
        let bulkRunner = BulkRunner(store: store, scheduler: scheduler, inbox: inbox, vitals: vitals, logger: logger)
        let storeWatch = StoreWatch(store: store, trouble: trouble, vitals: vitals, logger: logger) {
            await publisher.tell(.storeUnavailable, $0)
        }
        let typeEvents = TypeEvents(scheduler: scheduler, publisher: publisher, consuming: consuming, topology: topology, vitals: vitals)
        let unusedQueues = UnusedQueues(scheduler: scheduler, connection: listening, topology: topology, logger: logger)
        let reconnections = consuming.reconnections()
        vitals.connection { publishing.reading }
        vitals.connection(mayStandBy: true) { consuming.reading }
        vitals.connection(mayStandBy: true) { listening.reading }

        do {
            // One that stands by, or finds no broker, waits here until a shutdown.
            try await cancelWhenGracefulShutdown {
                try await publishing.start()
                try await leadership?.start()
                try await StandbyWatch(vitals: vitals, tell: onStandby).run(during: consuming)
                try await listening.start()
            }
            // Read once it is the active one: until then another wrote to the store.
            Failpoint.dispatcherActive.pass()
            try await beginFirstTerm(of: scheduler)
        } catch {
            await listening.close()
            await consuming.close()
            await publishing.close()
            await leadership?.end()
            await store.close()
            guard Task.isShuttingDownGracefully || Task.isCancelled else { throw error }
            return
        }
        await deleteFormerQueue(over: listening)
        vitals.enter(.serving)
        onReady()
        logger.info("dispatcher ready", metadata: [LogKey.storeID: "\(store.identity)"])
        if configuration.access == nil {
            logger.notice(
                "no rights are set, so every login of the broker is the whole grid: 'taskgrid users' makes users with rights")
        }
        await publisher.tell(.started)
        await publisher.callRoll()

        let failure = await withTaskCancellationOrGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: consuming.executor) { await receive(intake, into: inbox) }
                group.addTask { await heartbeats.run() }
                group.addTask {
                    await queryService.run {
                        guard let deliveries = await queries.next() else { return nil }
                        if let last = deliveries.last { await queries.ack(upTo: last.tag) }
                        return deliveries.map(\.message)
                    }
                }
                group.addTask(executorPreference: publishing.executor) {
                    await publish(pipe, over: publisher, acknowledging: intake, of: consuming, returningTo: inbox)
                }
                group.addTask { await tick(inbox, by: scheduler.ticker, while: [consuming, listening]) }
                group.addTask { await typeEvents.run() }
                group.addTask { await pruning.run() }
                group.addTask { await unusedQueues.run() }
                group.addTask { await bulkRunner.run() }
                group.addTask { await storeWatch.run() }
                group.addTask { await watch(reconnections, resuming: inbox) }
                if leadership == nil { group.addTask { await watchLock(over: consuming) } }
                let failure = await withTaskExecutorPreference(consuming.executor) {
                    await turns(of: scheduler, from: inbox, to: pipe, over: consuming, leading: leadership)
                }
                if let failure { await report(failure, over: publisher) }
                // The tasks that wait for time or for messages have nothing more to do.
                group.cancelAll()
                return failure
            }
        } onCancelOrGracefulShutdown: {
            vitals.enter(.stopping)
            scheduler.stopRetrying(at: .now + Self.shutdownPatience)
            inbox.update { $0.isFinished = true }
        }
        logger.info("dispatcher drained")
        await publisher.tell(.stopped)
        await listening.close()
        await consuming.close()
        await publishing.close()
        await leadership?.end()
        await store.close()
        if let failure { throw failure }
    }

    /// Bytes of submissions and results held at a time, before one message more: some turns' worth.
    private static let maximumIntake = 32 << 20

    /// How long a store that fails is tried after a shutdown was asked for. Changes that are not written then are not acknowledged either,
    /// and comes again.
    private static let shutdownPatience = Duration.seconds(3)
}
