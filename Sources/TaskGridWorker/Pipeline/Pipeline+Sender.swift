import AMQP
import ServiceSupport
import Synchronization
import TaskGridCore

extension Pipeline {
    /// Publishes what waits in the result buffer, all of it at a time, and acknowledges what is handed over thereby.
    func send() async {
        let pulse = vitals.pulse("sender")
        defer { pulse.ends() }
        while !Task.isCancelled {
            pulse.waits()
            guard let outgoing = state.withLock({ $0.resultBuffer.take() }) else {
                await senderSignal.wait()
                continue
            }
            pulse.works()
            let resultBatch = resultBatch(outgoing)
            guard await publishUntilConfirmed(resultBatch.publications) else { return }
            Failpoint.resultConfirmed.pass()
            if outgoing.givesBack { Failpoint.givenBack.pass() }
            let (tags, woken) = state.withLock { state -> ([DeliveryTag], [Int]) in
                var tags: [DeliveryTag] = []
                for (delivery, items) in resultBatch.receipts {
                    guard let tag = state.ledger.confirm(delivery, items: items) else { continue }
                    tags.append(tag)
                    state.slotTable.confirmed(delivery)
                }
                state.acknowledging = tags.count
                // Slots that rest beside what waits have waited for what ran alone.
                return (tags, state.slotTable.hasWaiting ? state.popResting(state.slotTable.waitingBatches) : [])
            }
            wakeSlots(woken)
            guard !tags.isEmpty else { continue }
            await transport.acknowledgeWork(tags)
            let isDraining = state.withLock { state in
                state.acknowledging = 0
                return state.isDraining
            }
            roomSignal.raise()
            if isDraining { endSignal.raise() }
        }
    }

    func resultBatch(_ outgoing: ResultBuffer.OutgoingBatch) -> ResultBatch {
        ResultBatch(outgoing, worker: settings.id, topology: settings.topology, isPersistent: settings.persistentResults)
    }

    /// Publishes until the broker has confirmed each publication.
    ///
    /// - Returns: Whether all are confirmed; false when the connection is closed here, the task is cancelled or the user may not write,
    ///   after which the broker hands the deliveries out again.
    func publishUntilConfirmed(_ publications: [Publication]) async -> Bool {
        await transport.publishUntilConfirmed(publications, policy: ResultPublishPolicy(pipeline: self)) != nil
    }
}
