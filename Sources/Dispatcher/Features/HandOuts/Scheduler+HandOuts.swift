import AMQP
import Logging
import TaskGridCore
import TaskStore

extension Scheduler {
    /// A plan is durable: updates the counters and says what is to be said.
    func settle(_ plan: Plan, _ receipt: StoreReceipt, _ now: Timestamp, _ outbound: inout Outbound) async {
        var work: [HandOut] = []
        for (type, count) in plan.promised { typeQueues[type]?.promised -= count }
        for (type, count) in plan.feeds { typeQueues[type]?.feeds -= count }
        for ticket in plan.submissions { settle(plan.changes[ticket], receipt[ticket], now, &work, &outbound) }
        settleEndings(plan, receipt, now, &outbound)
        await settleCommands(plan, receipt, now, &outbound)
        settleForgets(plan, receipt, &outbound)
        for ticket in plan.takes {
            let (take, taken) = (plan.changes[ticket], receipt[ticket])
            guard let typeQueue = typeQueues[take.type] else { continue }
            // A turn planned since may leave more waiting.
            typeQueue.hasBacklog = !taken.isExhausted || typeQueue.feeds > 0
            for handOut in taken.handOuts { typeQueue.counters.take(handOut) }
            // What was due is out, or has ended before.
            if taken.isExhausted, let due = typeQueue.nextDue, due <= take.now { duesToLookAt.insert(take.type) }
            work += taken.handOuts
        }
        settleBudget(plan, receipt, &outbound)
        // Work before the answers: somebody has to do it, while who asked only waits.
        let answers = outbound.messages
        outbound.messages = []
        send(work, &outbound)
        outbound.messages += answers
    }

    /// Tells the clients how their tasks ended: singles one by one, those submitted in batches together.
    private func settleEndings(_ plan: Plan, _ receipt: StoreReceipt, _ now: Timestamp, _ outbound: inout Outbound) {
        struct Key: Hashable {
            let client: String
            let type: TaskType
        }
        var batches: [Key: [Reply.Ending]] = [:]
        // Tasks of one submission end together mostly: neighbours have type queue and client in common.
        var batch: (key: Key, endings: [Reply.Ending])?
        var typeQueue: TypeQueue?
        func closeBatch() {
            if let batch { batches[batch.key, default: []] += batch.endings }
            batch = nil
        }
        for index in plan.ended.indices where receipt[plan.ended[index].ticket] {
            let ending = plan.changes[plan.ended[index].ticket]
            if typeQueue?.type != ending.type { typeQueue = typeQueues[ending.type] }
            typeQueue?.counters[ending.state] += 1
            typeQueue?.statistics.taskEnded(after: now - plan.ended[index].task.created)
            guard let client = plan.ended[index].task.client else { continue }
            let end = Reply.Ending(
                id: ending.id, state: ending.state, result: ending.result, error: ending.error, attempt: ending.attempt,
                worker: ending.worker, runTime: ending.runTime
            )
            if plan.ended[index].task.form == .batch {
                if batch?.key.client != client || batch?.key.type != ending.type {
                    closeBatch()
                    batch = (Key(client: client, type: ending.type), [])
                }
                batch?.endings.append(end)
            } else {
                let correlation = plan.ended[index].task.correlation
                let reply = Reply(form: .single, type: ending.type, correlation: correlation, content: .ended([end]))
                outbound.messages.append(.reply(reply, client: client))
            }
        }
        closeBatch()
        for (key, endings) in batches {
            var rest = endings[...]
            while !rest.isEmpty {
                var bytes = 0
                let part = rest.prefix(WireFormat.maximumRecords).prefix { ending in
                    bytes += ending.result.count
                    return bytes <= Self.maximumReplyBytes || bytes == ending.result.count
                }
                let reply = Reply(form: .batch, type: key.type, correlation: nil, content: .ended(Array(part)))
                outbound.messages.append(.reply(reply, client: key.client))
                rest = rest.dropFirst(part.count)
            }
        }
    }

    /// The most bytes of results that one reply carries; a larger result goes alone.
    private static let maximumReplyBytes = 1 << 20

    /// Puts tasks into their windows and into work messages. One that was interrupted goes alone, and is announced by its
    /// worker before it runs.
    ///
    /// A task that expired while it waited is put into its window and not sent. The next look ends it.
    private func send(_ work: [HandOut], _ outbound: inout Outbound) {
        let now = clock.now
        var rest = work[...]
        while let type = rest.first?.task.type {
            let handOuts = rest.prefix { $0.task.type == type }
            rest = rest.dropFirst(handOuts.count)
            guard let typeQueue = typeQueues[type] else { continue }
            var together: [HandOut] = []
            together.reserveCapacity(handOuts.count)
            for handOut in handOuts {
                typeQueue.hand(out: handOut.task)
                if let expires = handOut.task.expires, expires <= now { continue }
                typeQueue.breaker.handedOut(handOut.task.id)
                guard handOut.task.interruptions > 0 else {
                    together.append(handOut)
                    continue
                }
                if interruptions.takeStruck(handOut.task.id) { typeQueue.withdrawInterruption(of: handOut.task.id) }
                // One death more ends it as poison: that death must be its own.
                let isLast = handOut.task.interruptions >= TaskStateMachine.maximumInterruptions - 1
                send([handOut], type, announce: true, alone: isLast, &outbound)
            }
            let size = typeQueue.batchSize(together.count, configuration)
            var rest = together[...]
            while !rest.isEmpty {
                var bytes = 0
                let batch = rest.prefix(size).prefix { handOut in
                    bytes += handOut.payload.count
                    return bytes <= Self.maximumBatchBytes
                }
                let count = max(1, batch.count)
                send(rest.prefix(count), type, announce: false, &outbound)
                rest = rest.dropFirst(count)
            }
        }
    }

    /// The most bytes of payloads that one message carries; a larger one travels alone.
    private static let maximumBatchBytes = 1 << 20

    private func send(
        _ handOuts: some Collection<HandOut>, _ type: TaskType, announce: Bool, alone: Bool = false, _ outbound: inout Outbound
    ) {
        let items = handOuts.map {
            Work.Item(id: $0.task.id, attempt: $0.task.attempt, payload: $0.payload, timeout: $0.task.settings.timeout)
        }
        let work = Work(
            form: items.count == 1 ? .single : .batch, type: type, store: store.identity, announce: announce, alone: alone, items: items
        )
        outbound.messages.append(.work(work))
    }

    /// Asks the store what the turns could not know.
    func lookAgain() async {
        guard mustLookAtDues || !duesToLookAt.isEmpty || !recount.isEmpty else { return }
        do {
            let types = mustLookAtDues ? Set(typeQueues.types) : duesToLookAt.union(recount)
            let dues = try await store.nextDue(of: mustLookAtDues ? nil : types)
            for type in types { typeQueues[type]?.nextDue = dues[type] }
            mustLookAtDues = false
            duesToLookAt = []
            guard !recount.isEmpty else { return }
            let counts = try await store.counts(of: recount)
            for type in recount {
                typeQueues[type]?.counters.pending = counts[type]?.pending ?? 0
                typeQueues[type]?.counters.scheduled = counts[type]?.scheduled ?? 0
            }
            recount = []
        } catch {
            logger.error("cannot read the store; looking again with the next turn", metadata: ["error": "\(error)"])
        }
    }
}

extension TaskCounts {
    /// A waiting task was handed out.
    fileprivate mutating func take(_ handOut: HandOut) {
        if handOut.wasScheduled, scheduled > 0 { scheduled -= 1 } else { pending -= 1 }
    }
}
