import AMQP
import Logging
import ServiceSupport
import Synchronization
import TaskGridCore

extension Pipeline {
    /// Takes in deliveries until none come any more.
    func receive() async {
        let pulse = vitals.pulse("receiver")
        defer { pulse.ends() }
        while !Task.isCancelled {
            while !state.withLock({ $0.ledger.count < settings.maximumDeliveries }), !Task.isCancelled {
                await roomSignal.wait()
            }
            state.withLock { $0.isReceiving = true }
            let deliveries = await transport.nextWork()
            state.withLock {
                $0.isReceiving = false
                $0.progress += 1
            }
            guard let deliveries else { break }
            pulse.works()
            Failpoint.deliveryReceived.pass()
            enter(deliveries)
            pulse.waits()
        }
        state.withLock { $0.hasReceivedAll = true }
        endSignal.raise()
    }

    private func enter(_ deliveries: [Delivery]) {
        // Decoded outside the lock, entered under it all at once.
        let read = deliveries.map { delivery in (delivery, work(in: delivery)) }
        let now = Moment(clock.now())
        let (woken, sends) = state.withLock { state -> ([Int], Bool) in
            var batches = 0
            if !state.slotTable.hasWaiting { state.slotsMoved = now }
            for (delivery, work) in read where state.enter(delivery, work, in: settings.topology) { batches += 1 }
            return (state.popResting(batches), !state.resultBuffer.isEmpty)
        }
        wakeSlots(woken)
        if sends { senderSignal.raise() }
        for case (let delivery, .failure(let error)) in read { logDead(delivery, error) }
    }

    private func work(in delivery: Delivery) -> Result<Work, WireError> {
        do throws(WireError) {
            try settings.topology.checkService(delivery.message, to: settings.id)
            let work = try Work(delivery.message)
            try work.type.check(routingKey: delivery.routingKey)
            guard settings.workers[work.type] != nil else {
                throw WireError(.badProperty, "worker \(settings.id) does not run tasks of type \(work.type)")
            }
            return .success(work)
        } catch {
            return .failure(error)
        }
    }

    func logDead(_ delivery: Delivery, _ error: WireError) {
        logger.error(
            "message cannot be read, sent to the dead-letter exchange",
            metadata: [LogKey.queue: "\(delivery.queue)", LogKey.reason: "\(error)"]
        )
    }
}

extension Pipeline.State {
    /// Takes in one delivery.
    ///
    /// - Returns: Whether it is to be run.
    fileprivate mutating func enter(_ delivery: Delivery, _ work: Result<Work, WireError>, in topology: Topology) -> Bool {
        switch work {
        case .success(let work):
            var batch = WorkBatch(delivery: ledger.receive(delivery.tag, items: work.items.count), work: work)
            guard delivery.isRedelivered || isDraining || isQuiet || work.isMarker else {
                if !cancelled.isEmpty {
                    for item in batch.remove(where: { cancelled.contains($0.held) }) { book(batch.finished(item, SlotTable.cancelled)) }
                    guard !batch.rest.isEmpty else { return false }
                }
                slotTable.add(batch)
                return true
            }
            for item in work.items { book(batch.finished(item, delivery.isRedelivered ? .interrupted : .returned)) }
        case .failure(let error):
            resultBuffer.add(
                ResultBuffer.UnreadableDelivery(
                    delivery: ledger.receive(delivery.tag, items: 1),
                    letter: .deadLetter(delivery.message, because: error.description, topology)
                )
            )
        }
        return false
    }
}
