import AMQP
import Logging
import ServiceSupport
import Synchronization
import TaskGridCore

extension Pipeline {
    /// Runs until it is drained or its task is cancelled.
    ///
    /// It returns when all code of workers has returned: code that does not heed its cancellation holds it up, though
    /// by then its tasks are given back and the connections closed.
    ///
    /// `onUnresponsive` is called if a drain is held up so, once `returnDeadline` has passed too.
    ///
    /// - Throws: The error that kept the connections from opening, or the broker's refusal to let the worker's user write.
    func run(
        on executor: SlotExecutor, onReady: @Sendable () -> Void = {}, onUnresponsive: @Sendable () -> Void = {}
    ) async throws(AMQPError) {
        let opened = await withTaskCancellationHandler {
            let opened = await open()
            if case .success(true) = opened { await serve(on: executor, onReady, onUnresponsive) }
            return opened
        } onCancel: {
            drain()
        }
        await transport.close()
        _ = try opened.get()
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Ends the worker, because the broker does not let its user write to an exchange that it needs. The broker hands its deliveries to
    /// other workers.
    func fail(_ exchange: String, _ text: String) {
        state.withLock { state in
            guard state.failure == nil else { return }
            state.failure = AMQPError(
                .accessRefused,
                "the broker does not let worker \(settings.id) write to exchange \(exchange) (\(text)): give its user the permission"
            )
        }
        drain()
        endSignal.raise()
    }

    /// Opens the connections, which try for ever where nobody answers.
    ///
    /// - Returns: Whether they are open; false where the drain began before they were.
    private func open() async -> Result<Bool, AMQPError> {
        await withTaskGroup(of: Result<Bool, AMQPError>.self) { group in
            group.addTask {
                do throws(AMQPError) {
                    try await self.transport.start()
                    try await self.startWork()
                    return .success(true)
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                while !self.isDraining, !Task.isCancelled { await self.drainSignal.wait() }
                return .success(false)
            }
            let first = await group.next() ?? .success(false)
            group.cancelAll()
            if case .success(true) = first { return first }
            // It takes no tasks, and the grid need not wait for its lease to end.
            if state.withLock({ $0.hasRegistered }) { await tell(.deregister, identity) }
            // Publications that still wait for a broker end when its connection is closed.
            if case .success(false) = first { await transport.close() }
            return first
        }
    }

    /// Registers, and opens the connection for work. The dispatcher declares the work queues of those that have registered; a worker that
    /// waits for one says so again and again.
    private func startWork() async throws(AMQPError) {
        state.withLock { $0.hasRegistered = true }
        await tell(.register, identity)
        let opened = await withTaskGroup(of: Result<Void, AMQPError>?.self) { group in
            group.addTask {
                while (try? await self.clock.sleep(self.clock.now() + self.settings.heartbeatInterval)) != nil, !Task.isCancelled {
                    await self.tell(.register, self.identity)
                }
                return nil
            }
            group.addTask {
                do throws(AMQPError) {
                    return .success(try await self.transport.startWork())
                } catch {
                    return .failure(error)
                }
            }
            var opened: Result<Void, AMQPError>?
            while opened == nil, let ended = await group.next() { opened = ended }
            group.cancelAll()
            return opened
        }
        try opened?.get()
    }

    private func serve(on executor: SlotExecutor, _ onReady: () -> Void, _ onUnresponsive: () -> Void) async {
        let identity = identity
        await withTaskGroup(of: Void.self) { group in
            let firstBeat = clock.now() + settings.heartbeatInterval
            vitals.enter(.serving)
            vitals.loop("slots") { [weak self] now in self?.slots(at: now) ?? LoopReading(name: "slots", state: .ended, time: .zero) }
            onReady()
            for slot in 0..<settings.concurrency {
                group.addTask { await self.runSlot(slot, on: executor) }
            }
            group.addTask(executorPreference: transport.receiver) { await self.receive() }
            group.addTask(executorPreference: transport.publisher) { await self.send() }
            group.addTask { await self.watchDeadlines() }
            group.addTask { await self.handleControl() }
            await withTaskGroup(of: Void.self) { heartbeat in
                heartbeat.addTask { await self.beat(identity, from: firstBeat) }
                await drained()
                heartbeat.cancelAll()
            }
            // Only now: a heartbeat that came later would let it join again.
            await tell(.deregister, identity)
            group.cancelAll()
            await transport.close()
            await waitForCode(onUnresponsive)
        }
    }

    private var isDraining: Bool { state.withLock { $0.isDraining } }

    var isStuck: Bool { state.withLock { $0.isStuck } }

    /// Drains where code that does not heed its cancellation has left no slot for what waits, which others may then run.
    func drainIfStuck() {
        let before = Moment(clock.now() - Vitals.defaultLimit)
        let unresponsive = state.withLock { state -> [RegistryMessage.Held] in
            guard !state.isDraining, state.slotsMoved <= before, state.slotTable.isStuck(since: before) else { return [] }
            state.isStuck = true
            return state.slotTable.unresponsive
        }
        guard !unresponsive.isEmpty else { return }
        logger.error(
            "cancelled code does not return and leaves no free slot, draining",
            metadata: [LogKey.taskIDs: "\(unresponsive.map(\.task))"]
        )
        drain()
    }

    /// Begins to drain: takes no more tasks, gives back those that have not begun. The rest is `run()`'s to do.
    func drain() {
        state.withLock { state in
            guard !state.isDraining else { return }
            state.isDraining = true
            for item in state.slotTable.returnWaiting() { state.book(item) }
        }
        Failpoint.drainBegun.pass()
        vitals.enter(.stopping)
        heartbeatSignal.raise()
        senderSignal.raise()
        drainSignal.raise()
    }

    /// Waits for the drain to begin and sees it through.
    private func drained() async {
        while !isDraining { await drainSignal.wait() }
        await transport.stopWork()
        await waitForEnd(within: settings.drainDeadline) { !$0.slotTable.isRunning }
        let now = Moment(clock.now())
        let ended = state.withLock { $0.slotTable.returnRunning(at: now) }
        if !ended.finished.isEmpty {
            logger.notice("tasks outlived the drain and were given back", metadata: [LogKey.taskCount: "\(ended.finished.count)"])
        }
        finish(ended)
        await waitForEnd(within: settings.flushDeadline) {
            $0.hasReceivedAll && $0.ledger.isEmpty && $0.acknowledging == 0
        }
        let left = state.withLock { $0.ledger.count }
        if left > 0 {
            logger.warning("deliveries left unacknowledged, the broker hands them out again", metadata: [LogKey.taskCount: "\(left)"])
        }
    }

    /// Waits for code that was cancelled to return, and says which did not.
    private func waitForCode(_ onUnresponsive: () -> Void) async {
        await waitForEnd(within: settings.returnDeadline) { $0.slotTable.unresponsive.isEmpty }
        let unresponsive = state.withLock { $0.slotTable.unresponsive }
        // A host that is cancelled has given no time.
        guard !unresponsive.isEmpty, !Task.isCancelled else { return }
        logger.error(
            "worker cannot end, the cancelled code of these tasks does not return",
            metadata: [LogKey.taskIDs: "\(unresponsive.map(\.task))"]
        )
        onUnresponsive()
    }

    /// Waits for a condition, but not where nothing can be told any more.
    private func waitForEnd(within limit: Duration, _ condition: @Sendable (borrowing State) -> Bool) async {
        let deadline = clock.now() + limit
        while !Task.isCancelled, clock.now() < deadline, !state.withLock({ $0.failure != nil || condition($0) }) {
            await endSignal.wait(until: deadline, sleep: clock.sleep)
        }
    }
}
