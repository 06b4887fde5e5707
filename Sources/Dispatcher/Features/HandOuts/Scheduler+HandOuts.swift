import TaskGridCore
import TaskStore

/// The messages to the work queues.
extension Scheduler {
    /// Puts tasks into their windows and into work messages. One that was interrupted goes alone, and is announced by its
    /// worker before it runs.
    ///
    /// A task that expired while it waited is put into its window and not sent. The next look ends it.
    func handOut(_ work: [HandOut], to outbound: inout Outbound) {
        let now = clock.now
        var rest = work[...]
        while let type = rest.first?.task.type {
            let handOuts = rest.prefix { $0.task.type == type }
            rest = rest.dropFirst(handOuts.count)
            guard let typeQueue = typeQueues[type] else { continue }
            var together: [HandOut] = []
            together.reserveCapacity(handOuts.count)
            for handOut in handOuts {
                typeQueue.hand(out: handOut.task, readySince: handOut.readySince)
                if let expires = handOut.task.expires, expires <= now { continue }
                typeQueue.breaker.handedOut(handOut.task.id)
                guard handOut.task.interruptions > 0 else {
                    together.append(handOut)
                    continue
                }
                if interruptions.takeStruck(handOut.task.id) { typeQueue.withdrawInterruption(of: handOut.task.id) }
                // One death more ends it as poison: that death must be its own.
                let isLast = handOut.task.interruptions >= TaskStateMachine.maximumInterruptions - 1
                append([handOut], of: type, announce: true, alone: isLast, to: &outbound)
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
                append(rest.prefix(count), of: type, announce: false, to: &outbound)
                rest = rest.dropFirst(count)
            }
        }
    }

    /// The most bytes of payloads that one message carries; a larger one travels alone.
    private static let maximumBatchBytes = 1 << 20

    private func append(
        _ handOuts: some Collection<HandOut>, of type: TaskType, announce: Bool, alone: Bool = false, to outbound: inout Outbound
    ) {
        let key = store.proofKey
        let items = handOuts.map {
            Work.Item(
                id: $0.task.id, attempt: $0.task.attempt, proof: key.proof(of: $0.task.id, attempt: $0.task.attempt, type: type),
                payload: $0.payload, timeout: $0.task.settings.timeout
            )
        }
        let work = Work(
            form: items.count == 1 ? .single : .batch, type: type, store: store.identity, announce: announce, alone: alone, items: items
        )
        outbound.messages.append(.work(work))
    }
}
