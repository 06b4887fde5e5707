import AMQP
import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// Results and heartbeats without the proof that their work came with.
extension Scheduler {
    /// The results that are for work which was handed out. The others say nothing of their tasks: they become dead letters, are counted,
    /// and are told of once a minute at most.
    ///
    /// Those of another store are left as they are: this one's key says nothing of them.
    func proven(_ results: Results, in turn: inout Turn) -> Results {
        guard results.store == store.identity else { return results }
        var proven = results
        if let access = configuration.access, let user = results.user, !access.allows(user, .serve, results.type) {
            refuseUnserved(results, of: user, in: &turn)
            proven.items = []
            return proven
        }
        let unproven = proven.removeUnproven(by: store.proofKey)
        if !unproven.isEmpty {
            var refused = results
            refused.items = unproven
            refuseUnproven(refused, in: &turn)
        }
        return proven
    }

    /// A user that may not run tasks of the type has no result of one, whatever proof it shows.
    private func refuseUnserved(_ results: Results, of user: String, in turn: inout Turn) {
        let reason = WireError(.wrongUser, "user '\(user)' has not the right to serve type '\(results.type)'")
        turn.plan.publications.append(.deadLetter(results.message(isPersistent: true), because: "\(reason)", topology))
        guard let first = results.items.first, proofRefusals.passes(at: turn.moment) else { return }
        logRefusal("result refused, its user may not serve the type", of: first, type: results.type, worker: results.worker)
        tell(.warning, "a result of worker \(results.worker) for task \(first.id) is refused: \(reason.message)", in: &turn)
    }

    private func refuseUnproven(_ results: Results, in turn: inout Turn) {
        let (first, count) = (results.items[0], results.items.count)
        let reason = WireError(
            .invalidProof,
            "\(count == 1 ? "a result" : "\(count) results") without the proof of the work, the first of attempt \(first.attempt) of task "
                + "\(first.id)"
        )
        turn.plan.publications.append(.deadLetter(results.message(isPersistent: true), because: "\(reason)", topology))
        if let typeQueue = typeQueues[results.type] {
            for _ in results.items { typeQueue.statistics.resultRefused() }
            typeQueue.isDirty = true
        }
        guard proofRefusals.passes(at: turn.moment) else { return }
        logRefusal("result refused, it has not the proof of its work", of: first, type: results.type, worker: results.worker)
        let message =
            "a result of worker \(results.worker) for task \(first.id) of type '\(results.type)' is refused: it has not the proof that "
            + "its work came with; look for a worker that makes up results, or one that does not return taskgrid-proof"
        tell(.warning, message, in: &turn)
    }

    /// A heartbeat names an attempt without its proof: nobody knows that it was handed to the worker.
    func ignoreUnproven(_ held: RegistryMessage.Held, of worker: String) {
        guard unprovenHolders.passes(at: time.moment()) else { return }
        logger.warning(
            "heartbeat names an attempt without the proof of its work, ignored",
            metadata: [LogKey.taskID: "\(held.task)", LogKey.taskAttempt: "\(held.attempt)", LogKey.workerID: "\(worker)"]
        )
    }
}
