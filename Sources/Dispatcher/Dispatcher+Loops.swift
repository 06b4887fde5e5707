import AMQP
import Logging
import ServiceLifecycle
import ServiceSupport
import TaskGridCore
import TaskStore

/// The loops beside the turns: what comes, what goes, and the time.
extension Dispatcher {
    /// Begins the first term, and reads the store. With a lease, the dispatcher before may be silent in the middle of a transaction: the
    /// database ends that after some seconds, and until then lets nobody begin a term.
    func beginFirstTerm(of scheduler: Scheduler) async throws {
        guard store.lease != nil else { return try await scheduler.resume() }
        try await cancelWhenGracefulShutdown {
            try await scheduler.retryUntilDone("beginning a term", unless: { ![.locked, .unavailable, .unknown].contains($0.code) }) {
                () async throws(StoreError) in try await scheduler.resume()
            }
        }
    }

    func receive(_ intake: Consumer, into inbox: Inbox) async {
        let pulse = vitals.pulse("intake")
        defer { pulse.ends() }
        while let deliveries = await intake.next() {
            inbox.put(deliveries.map { Arrival($0, topology) })
            pulse.waits()
        }
    }

    /// Publishes what the turns say, in their order, until it is confirmed: repeating it is safe, since attempts are fenced
    /// and answers are matched by their ids.
    func publish(
        _ pipe: Pipe<Outbound>, over publisher: Publisher, acknowledging intake: Consumer, of consuming: Connection,
        returningTo inbox: Inbox
    ) async {
        let pulse = vitals.pulse("publishing")
        defer { pulse.ends() }
        var workQueues = WorkQueues(publisher, vitals: vitals)
        while let outbound = await pipe.receive() {
            pulse.works()
            for type in outbound.declares.subtracting(outbound.repairs) { await workQueues.declare(type) }
            for type in outbound.repairs { await workQueues.declare(type, wasLost: true) }
            guard let undelivered = await deliver(outbound, over: publisher) else { return pipe.finish() }
            if !undelivered.isEmpty { inbox.update { $0.undelivered += undelivered } }
            if outbound.hasWork { Failpoint.workPublished.pass() }
            if outbound.hasEndings { Failpoint.replyPublished.pass() }
            if outbound.rejections.isEmpty {
                await acknowledge(outbound, of: intake)
            } else if await acknowledgeSurely(outbound, of: intake, over: consuming) {
                guard await publisher.publishUntilConfirmed(outbound.rejections) != nil else { return pipe.finish() }
            }
            pulse.waits()
        }
    }

    /// - Returns: Whether the broker has the acknowledgement: it answers what was asked after that, over the same connection. What it does not
    ///   have comes again, and is answered then.
    private func acknowledgeSurely(_ outbound: Outbound, of intake: Consumer, over consuming: Connection) async -> Bool {
        let established = await consuming.established
        guard await acknowledge(outbound, of: intake) else { return false }
        guard (try? await consuming.depth(of: topology.submitQueue.name)) != nil else { return false }
        return await consuming.established == established
    }

    /// - Returns: Whether it was acknowledged, if the connection does not break meanwhile.
    @discardableResult
    private func acknowledge(_ outbound: Outbound, of intake: Consumer) async -> Bool {
        switch outbound.acknowledges {
        case .upTo(let tag): await intake.ack(upTo: tag)
        case .only(let tags): await intake.ack(tags)
        case nil: true
        }
    }

    /// Publishes what a turn says; work that is more than the broker takes goes in halves.
    ///
    /// - Returns: the work that did not reach a queue; nil where nothing can be published any more.
    private func deliver(_ outbound: Outbound, over publisher: Publisher) async -> [Inbox.Undelivered]? {
        guard let outcomes = await publisher.publishUntilConfirmed(outbound.publications) else { return nil }
        let undelivered = outbound.undelivered(outcomes)
        let halves = outbound.halves(outcomes)
        guard !halves.messages.isEmpty else { return undelivered }
        guard let more = await deliver(halves, over: publisher) else { return nil }
        return undelivered + more
    }

    /// Time passes only for the active one, who has a connection to consume over, and only while workers can be heard.
    func tick(_ inbox: Inbox, by ticker: Ticker, while connections: [Connection]) async {
        let pulse = vitals.pulse("clock", period: Ticker.interval)
        defer { pulse.ends() }
        while true {
            await ticker.wait(after: .now)
            guard !Task.isCancelled else { return }
            if connections.allSatisfy(\.isConnected) { inbox.update { $0.isTick = true } }
            pulse.waits()
        }
    }

    /// After the connection was lost, what the dispatcher believes must be read anew.
    func watch(_ reconnections: AsyncStream<Int>, resuming inbox: Inbox) async {
        for await count in reconnections where count > 1 { inbox.update { $0.mustResume = true } }
    }

    /// Deletes the queue that nameservices of an earlier version have left bound: nobody consumes it any more. One of that version that still
    /// runs declares it again.
    func deleteFormerQueue(over connection: Connection) async {
        do throws(AMQPError) {
            try await connection.delete(queue: topology.formerRegistryQueue)
        } catch {
            logger.notice(
                "queue of an earlier version not deleted",
                metadata: [LogKey.queue: "\(topology.formerRegistryQueue)", LogKey.error: "\(error)"])
        }
    }

    /// Declares the lock now and then, which changes nothing for its owner.
    ///
    /// In a cluster of RabbitMQ 3.10 that loses a node, two connections may both have declared it. The end of the one then deletes the
    /// broker's record of the other's, by the name; its owner would not know.
    func watchLock(over consuming: Connection) async {
        while (try? await Task.sleep(for: Ownership.interval)) != nil {
            do throws(AMQPError) {
                try await consuming.declare(Declarations(queues: [topology.dispatcherLock]))
            } catch  where error.code == .resourceLocked {
                await giveUpLock(over: consuming, because: error)
            } catch {
                // The connection itself says what is wrong with it.
            }
        }
    }

    /// Connects anew and stands by, once the other dispatcher has looked after its lock: the end of this connection may delete the broker's
    /// record of it.
    func giveUpLock(over consuming: Connection, because error: AMQPError) async {
        await consuming.reconnect(because: "the dispatcher has lost its lock: \(error)", after: Ownership.interval * 2)
    }
}
