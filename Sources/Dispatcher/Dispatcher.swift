package import AMQP
import DequeModule
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
/// the transaction is durable and what follows from it confirmed. One dispatcher is active for a prefix: it owns an
/// exclusive queue, and another waits until that is free. One that has lost it, and does not know yet, is told so by the store
/// (`TaskStore.beginTerm()`): what it would write is refused, and of that turn nothing is published or acknowledged. One that is told
/// so and still owns its queue shares the store with another grid, and ends with an error.
package struct Dispatcher: Service {
    private let configuration: DispatcherConfiguration
    private let endpoint: Endpoint
    private let topology: Topology
    private let store: any TaskStore
    private let vitals: Vitals
    private let logger: Logger
    private let onReady: @Sendable () -> Void

    /// - `vitals`: where it shows its health.
    /// - `onReady`: called once the dispatcher is the active one and consumes.
    package init(
        configuration: DispatcherConfiguration = DispatcherConfiguration(), endpoint: Endpoint, topology: Topology,
        store: any TaskStore, vitals: Vitals = Vitals(), logger: Logger, onReady: @escaping @Sendable () -> Void = {}
    ) {
        self.configuration = configuration
        self.endpoint = endpoint
        self.topology = topology
        self.store = store
        self.vitals = vitals
        self.logger = logger
        self.onReady = onReady
    }

    package func run() async throws {
        let id = UUID().uuidString.lowercased()
        let publishing = Connection(
            endpoint, name: "dispatcher publish", clientProperties: .grid, declarations: topology.common, logger: logger)
        let publisher = Publisher(connection: publishing, topology: topology, logger: logger)
        let consuming = Connection(
            endpoint, name: "dispatcher consume", clientProperties: .grid,
            declarations: Declarations(queues: [topology.dispatcherLock]) + topology.dispatcher,
            ownership: .everything(every: .seconds(3600)), sharingThreadOf: publishing, logger: logger
        )
        // Heartbeats come over a connection of their own: that of the intake is not read while much of it waits.
        let listening = Connection(
            endpoint, name: "dispatcher listen", clientProperties: .grid, declarations: topology.dispatcher + topology.heartbeats(id: id),
            ownership: .everything(every: Ownership.interval), logger: logger
        )
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
        let scheduler = Scheduler(store: store, topology: topology, configuration: configuration, logger: logger) { workers in
            await publisher.gone(workers)
        } purge: { type in
            await publisher.purge(type)
        } rejectQueued: { rejection in
            let queued = inbox.removeSubmissions()
            guard !queued.isEmpty else { return }
            // Acknowledged with their answers: a restart meanwhile would accept what has been rejected.
            let rejections = queued.flatMap { Publication.rejection(of: $0.submission, rejection, topology) }
            await pipe.send(
                Outbound(
                    topology: topology, persistsWork: false, messages: rejections.map { .ready($0) },
                    acknowledges: .only(queued.map(\.tag))
                )
            )
        }
        let queryService = QueryService(
            handler: QueryHandler(store: store, scheduler: scheduler, logger: logger), inbox: inbox, topology: topology, vitals: vitals
        ) { await publisher.publishUntilConfirmed($0) }
        let reconnections = consuming.reconnections()
        vitals.connection { publishing.reading }
        vitals.connection(mayStandBy: true) { consuming.reading }
        vitals.connection(mayStandBy: true) { listening.reading }

        do {
            // One that stands by, or finds no broker, waits here for ever, but for a shutdown.
            try await cancelWhenGracefulShutdown {
                try await publishing.start()
                try await consuming.start()
                try await listening.start()
            }
            // Read once it is the active one: until then another wrote to the store.
            Failpoint.dispatcherActive.pass()
            try await scheduler.resume()
        } catch {
            await listening.close()
            await consuming.close()
            await publishing.close()
            await store.close()
            guard Task.isShuttingDownGracefully || Task.isCancelled else { throw error }
            return
        }
        vitals.stands(.serving)
        onReady()
        logger.info("dispatcher ready", metadata: ["store.id": "\(store.identity)"])
        await publisher.tell(.started)
        await publisher.callRoll()

        let failure = await withTaskCancellationOrGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: consuming.executor) { await receive(intake, inbox) }
                group.addTask { await listen(registry, inbox) }
                group.addTask {
                    await queryService.run {
                        guard let deliveries = await queries.next() else { return nil }
                        if let last = deliveries.last { await queries.ack(upTo: last.tag) }
                        return deliveries.map(\.message)
                    }
                }
                group.addTask(executorPreference: publishing.executor) { await publish(pipe, publisher, intake, inbox) }
                group.addTask { await tick(inbox, scheduler.ticker, [consuming, listening]) }
                group.addTask { await report(scheduler, publisher, consuming) }
                group.addTask { await prune(scheduler) }
                group.addTask { await deleteUnusedQueues(scheduler, listening) }
                group.addTask { await StoreWatch(store: store, publisher: publisher, vitals: vitals, logger: logger).run() }
                group.addTask { await watch(reconnections, inbox) }
                let failure = await withTaskExecutorPreference(consuming.executor) { await turns(inbox, scheduler, pipe, consuming) }
                if let failure { await report(failure, publisher) }
                // Whoever waits for time or for messages has nothing more to do.
                group.cancelAll()
                return failure
            }
        } onCancelOrGracefulShutdown: {
            vitals.stands(.stopping)
            scheduler.stopRetrying(at: .now + Self.shutdownPatience)
            inbox.update { $0.isFinished = true }
        }
        logger.info("dispatcher drained")
        await publisher.tell(.stopped)
        await listening.close()
        await consuming.close()
        await publishing.close()
        await store.close()
        if let failure { throw failure }
    }

    /// Bytes of submissions and results held at a time, before one message more: some turns' worth.
    private static let maximumIntake = 32 << 20

    /// How long a store that fails is tried after a shutdown was asked for. What is not written then is not acknowledged either,
    /// and comes again.
    private static let shutdownPatience = Duration.seconds(3)

    /// Takes turn after turn, until it is to end.
    ///
    /// - Returns: why it cannot go on; nil where it was told to end.
    private func turns(
        _ inbox: Inbox, _ scheduler: Scheduler, _ pipe: Pipe<Outbound>, _ consuming: Connection
    ) async -> StoreError? {
        let pulse = vitals.pulse("turns")
        defer { pulse.ends() }
        /// Durable, and not settled.
        var committed: Turn?
        var next: Turn?
        func settle(isLast: Bool) async {
            guard let turn = committed.take() else { return }
            let outbound = await scheduler.settle(turn, isLast: isLast)
            if !outbound.isEmpty { await pipe.send(outbound) }
            // Once this one's work is on its way: no more of it is held than the pipe has room for.
            if outbound.leavesMore { inbox.update { $0.mustTakeMore = true } }
        }
        var isFinished = false
        var standsBy = false
        var conflict: StoreError?
        /// How often the connection had been established when the store was last read.
        var established = 1
        while !isFinished {
            if next == nil {
                pulse.waits()
                let intake = await inbox.take()
                pulse.works()
                isFinished = intake.isFinished
                if intake.mustResume { established = await consuming.established }
                next = await scheduler.plan(intake)
            }
            guard let turn = next.take() else { break }
            let mayBlock = committed == nil && turn.isSmall && inbox.isEmpty
            async let commit = scheduler.commit(turn, mayBlock: mayBlock)
            // While the store writes, what the turn before has to say is said, and where much waits the next turn is planned.
            await settle(isLast: false)
            if !turn.isExclusive, !isFinished, let intake = inbox.takeFull() { next = await scheduler.plan(intake) }
            committed = await commit
            let failure = committed?.failure
            if failure != nil {
                // What was planned upon it does not hold either.
                (committed, next) = (nil, nil)
                guard let failure, failure.code == .superseded else { break }
                if !isFinished, await holdsLock(consuming, since: established) {
                    conflict = sharedStore(failure)
                    break
                }
            }
            if standsBy != (failure != nil), !isFinished {
                standsBy = failure != nil
                vitals.stands(standsBy ? .standby : .serving)
            }
            if next == nil { await settle(isLast: true) }
        }
        pipe.finish()
        return conflict
    }

    /// Whether the broker says that this dispatcher owns its lock, and has owned it since the store was last read. One whose lock is
    /// another's stands by: it connects anew.
    private func holdsLock(_ consuming: Connection, since established: Int) async -> Bool {
        do throws(AMQPError) {
            // The broker shows an exclusive queue to its owner alone (AMQP 0-9-1, `queue.declare`).
            _ = try await consuming.depth(of: topology.dispatcherLock.name)
            // One that has connected again since reads the store first: another may have been the active one meanwhile.
            return await consuming.established == established
        } catch  where error.code == .resourceLocked || error.code == .notFound {
            await consuming.reconnect(because: "the dispatcher has lost its lock: \(error)")
            return false
        } catch {
            return false
        }
    }

    private func sharedStore(_ failure: StoreError) -> StoreError {
        StoreError(
            .superseded,
            "\(failure); that is the dispatcher of another grid, for this one still has the lock of its own, with the prefix "
                + "'\(topology.prefix)': give each grid a store of its own (dispatcher.store)"
        )
    }

    /// Tells the health endpoint, the log and the monitor why the dispatcher ends by itself.
    private func report(_ failure: StoreError, _ publisher: Publisher) async {
        vitals.problem("grid", failure.message)
        logger.error(
            "another grid uses this store, ending; give each grid a store of its own",
            metadata: ["error": "\(failure)", "store.id": "\(store.identity)"]
        )
        let event = GridEvent(kind: .error, service: "dispatcher", at: .now(), message: failure.message)
        await publisher.attempt([.event(event, topology)])
    }

    private func receive(_ intake: Consumer, _ inbox: Inbox) async {
        let pulse = vitals.pulse("intake")
        defer { pulse.ends() }
        while let deliveries = await intake.next() {
            inbox.put(deliveries.map { Arrival($0, topology) })
            pulse.waits()
        }
    }

    /// Publishes what the turns say, in their order, until it is confirmed: repeating it is safe, since attempts are fenced
    /// and answers are matched by their ids.
    private func publish(_ pipe: Pipe<Outbound>, _ publisher: Publisher, _ intake: Consumer, _ inbox: Inbox) async {
        let pulse = vitals.pulse("publishing")
        defer { pulse.ends() }
        while let outbound = await pipe.receive() {
            pulse.works()
            for type in outbound.declares { await publisher.declareWorkQueue(of: type) }
            guard let undelivered = await deliver(outbound, publisher) else { return pipe.finish() }
            if !undelivered.isEmpty { inbox.update { $0.undelivered += undelivered } }
            if outbound.hasWork { Failpoint.workPublished.pass() }
            if outbound.hasEndings { Failpoint.replyPublished.pass() }
            switch outbound.acknowledges {
            case .upTo(let tag): await intake.ack(upTo: tag)
            case .only(let tags): await intake.ack(tags)
            case nil: break
            }
            pulse.waits()
        }
    }

    /// Publishes what a turn says; work that is more than the broker takes goes in halves.
    ///
    /// - Returns: the work that did not reach a queue; nil where nothing can be published any more.
    private func deliver(_ outbound: Outbound, _ publisher: Publisher) async -> [Inbox.Undelivered]? {
        guard let outcomes = await publisher.publishUntilConfirmed(outbound.publications) else { return nil }
        let undelivered = outbound.undelivered(outcomes)
        let halves = outbound.halves(outcomes)
        guard !halves.messages.isEmpty else { return undelivered }
        guard let more = await deliver(halves, publisher) else { return nil }
        return undelivered + more
    }

    private func listen(_ registry: Consumer, _ inbox: Inbox) async {
        let pulse = vitals.pulse("heartbeats")
        defer { pulse.ends() }
        while let deliveries = await registry.next() {
            pulse.works()
            var messages: [(RegistryMessage.Kind, RegistryMessage)] = []
            for delivery in deliveries {
                do throws(WireError) {
                    messages.append(try RegistryMessage.decode(delivery.message, routingKey: delivery.routingKey))
                } catch {
                    // The nameservice sees the same message and puts it with the dead.
                    logger.debug("registry message not readable", metadata: ["error": "\(error)"])
                }
            }
            let read = messages
            inbox.put(read)
            if let last = deliveries.last { await registry.ack(upTo: last.tag) }
            pulse.waits()
        }
    }

    /// Time passes only for the active one, who has a connection to consume over, and only while workers can be heard.
    private func tick(_ inbox: Inbox, _ ticker: Ticker, _ connections: [Connection]) async {
        let pulse = vitals.pulse("clock", period: Ticker.interval)
        defer { pulse.ends() }
        while true {
            await ticker.wait(after: .now)
            guard !Task.isCancelled else { return }
            if connections.allSatisfy(\.isConnected) { inbox.update { $0.isTick = true } }
            pulse.waits()
        }
    }

    /// How many types in which nothing changed are told of each second: with a hundred types each every five seconds.
    private static let repeatedEvents = 20

    /// Tells the events exchange how the types stand: each second those in which something changed, and in turn some of the others.
    private func report(_ scheduler: Scheduler, _ publisher: Publisher, _ consuming: Connection) async {
        let pulse = vitals.pulse("events", period: .seconds(1))
        defer { pulse.ends() }
        var seconds = 0
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            pulse.works()
            seconds += 1
            guard consuming.isConnected else {
                pulse.waits()
                continue
            }
            if seconds % 5 == 0 { await scheduler.repeatEvents() }
            let events = await scheduler.takeEvents(repeating: Self.repeatedEvents)
            await publisher.attempt(
                events.map {
                    Publication(exchange: topology.events.name, routingKey: topology.taskEventKey($0.type), message: .event($0))
                }
            )
            pulse.waits()
        }
    }

    private func prune(_ scheduler: Scheduler) async {
        let pulse = vitals.pulse("pruning", period: .seconds(30))
        defer { pulse.ends() }
        while (try? await Task.sleep(for: .seconds(30))) != nil {
            do throws(StoreError) {
                var pruned = Pruned()
                repeat {
                    pulse.works()
                    let now = await scheduler.clock.now
                    let retention = Retention(
                        before: now - configuration.retention, keeping: configuration.retentionCount,
                        keysSince: now - DispatcherConfiguration.leastKeyRetention
                    )
                    pruned = try await store.prune(retention, limit: 500)
                } while !pruned.isEmpty && !Task.isCancelled
            } catch {
                logger.error("cannot prune the store", metadata: ["error": "\(error)"])
            }
            pulse.waits()
        }
    }

    /// Deletes the work queues of types that were forgotten, where nothing is in them and nobody consumes them.
    private func deleteUnusedQueues(_ scheduler: Scheduler, _ connection: Connection) async {
        var types: Deque<TaskType> = []
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            if types.count < Scheduler.maximumTypes { types += await scheduler.takeRetired() }
            while connection.isConnected, let type = types.popFirst() {
                let queue = topology.workQueue(type).name
                do throws(AMQPError) {
                    let depth = try await connection.depth(of: queue)
                    guard depth.messages == 0, depth.consumers == 0 else { continue }
                    try await connection.delete(queue: queue)
                    logger.info("work queue deleted", metadata: ["amqp.queue": "\(queue)"])
                } catch  where error.code == .notFound {
                    // Nobody ever consumed it, or somebody else has deleted it.
                } catch {
                    logger.warning("work queue not deleted", metadata: ["amqp.queue": "\(queue)", "error": "\(error)"])
                }
            }
        }
    }

    private func watch(_ reconnections: AsyncStream<Int>, _ inbox: Inbox) async {
        for await count in reconnections where count > 1 { inbox.update { $0.mustResume = true } }
    }
}
