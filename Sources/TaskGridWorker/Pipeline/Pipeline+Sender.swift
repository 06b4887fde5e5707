import AMQP
import Foundation
import Logging
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
            guard await deliver(resultBatch.publications) else { return }
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

    /// Publishes until the broker has confirmed each publication: a result is never dropped, and one too many is harmless. What is
    /// larger than the broker takes is split; of a single result that is, the failure is told. Only what AMQP cannot carry at all is
    /// dropped, which would hold up everything else for ever.
    ///
    /// - Returns: Whether all are confirmed; false when the connection is closed here, the task is cancelled or the user may not write,
    ///   after which the broker hands the deliveries out again.
    func deliver(_ publications: [Publication]) async -> Bool {
        var open = publications
        var retry = 0
        while true {
            let cause: String
            do {
                let outcomes = try await transport.publish(open, within: .seconds(30))
                let refused = zip(open, outcomes).filter { $1 != .confirmed }
                for case (let publication, .refused(.accessRefused(let text))) in refused {
                    fail(publication.exchange, text)
                    return false
                }
                let mustWait = refused.contains { if case .refused(.tooLarge) = $1 { false } else { true } }
                cause = "the broker refused \(refused.count) of \(open.count) messages\(refused.first.map { ": \($1)" } ?? "")"
                open = refused.flatMap { publication, outcome in
                    guard case .refused(.tooLarge(let size, let limit)) = outcome else { return [publication] }
                    return smaller(publication, size: size, limit: limit)
                }
                if open.isEmpty { return true }
                // Each part is smaller than the whole, so this comes to an end.
                if !mustWait { continue }
            } catch {
                guard error.code != .closed else { return false }
                if error.code == .badMessage { return await deliverApart(open, error) }
                cause = error.message
            }
            retry += 1
            logger.warning(
                "Publishing again, for the outcome is unknown or bad",
                metadata: [LogKey.retry: "\(retry)", LogKey.count: "\(open.count)", LogKey.error: "\(cause)"]
            )
            do {
                try await clock.sleep(clock.now() + settings.backoff.delay(before: retry))
            } catch {
                return false
            }
        }
    }

    /// The publications that replace a message which is larger than the broker takes.
    private func smaller(_ publication: Publication, size: Int, limit: Int) -> [Publication] {
        if publication.exchange == settings.topology.results.name, let results = try? Results(publication.message) {
            let parts = results.smaller(size: size, limit: limit)
            if !parts.isEmpty {
                return parts.map { part in
                    Publication(part, topology: settings.topology, isPersistent: publication.message.properties.isPersistent)
                }
            }
        } else if publication.exchange == settings.topology.dead.name, !publication.message.body.isEmpty {
            var smaller = publication
            smaller.message.body = Data()
            return [smaller]
        }
        logger.error("Cannot send a message, which is lost", metadata: [LogKey.error: "\(size) bytes; the broker takes \(limit)"])
        return []
    }

    /// One of them cannot be sent: the others are.
    private func deliverApart(_ publications: [Publication], _ error: AMQPError) async -> Bool {
        guard publications.count > 1 else {
            logger.error("Cannot send a message, which is lost", metadata: [LogKey.error: "\(error.message)"])
            return true
        }
        for publication in publications {
            guard await deliver([publication]) else { return false }
        }
        return true
    }
}
