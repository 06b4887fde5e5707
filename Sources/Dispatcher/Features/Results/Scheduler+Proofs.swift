import AMQP
import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// Results without the right to serve their type, and results and heartbeats without the proof that their work came with.
extension Scheduler {
    /// The results that are for work which was handed out, of a user that may serve the type: one that may not has no result, whatever
    /// proof it shows. The others say nothing of their tasks: they become dead letters, are counted, and are told of once a minute at most.
    ///
    /// Those of another store are left as they are: this one's key says nothing of them.
    func proven(_ results: Results, in turn: inout Turn) -> Results {
        guard results.store == store.identity else { return results }
        var proven = results
        if let access = configuration.access, !access.allows(results.user ?? "", .serve, results.type) {
            let reason = WireError(.wrongUser, "user '\(results.user ?? "")' has not the right to serve type '\(results.type)'")
            refuse(
                results, because: reason, "result refused, its user may not serve the type",
                "\(reason.message); stop its worker, or give it the right with taskgrid users", in: &turn)
            proven.items = []
            return proven
        }
        let unproven = proven.removeUnproven(by: store.proofKey)
        if let first = unproven.first {
            var refused = results
            refused.items = unproven
            let reason = WireError(
                .invalidProof,
                "\(unproven.count == 1 ? "a result" : "\(unproven.count) results") without the proof of the work, the first of attempt "
                    + "\(first.attempt) of task \(first.id)"
            )
            refuse(
                refused, because: reason, "result refused, it has not the proof of its work",
                "it has not the proof that its work came with; look for a worker that makes up results, or one that does not return "
                    + "taskgrid-proof",
                in: &turn)
        }
        return proven
    }

    /// Refuses results: none of them says anything of its task.
    ///
    /// - Parameters:
    ///   - results: at least one.
    ///   - error: the reason, as the dead letter has it.
    ///   - line: what the log says.
    ///   - reason: what people are told, with what to do.
    ///   - turn: the turn.
    private func refuse(
        _ results: Results, because error: WireError, _ line: Logger.Message, _ reason: String, in turn: inout Turn
    ) {
        turn.plan.publications.append(.deadLetter(results.message(isPersistent: true), because: "\(error)", topology))
        if let typeQueue = typeQueues[results.type] {
            for _ in results.items { typeQueue.statistics.resultRefused() }
            typeQueue.isDirty = true
        }
        guard let first = results.items.first, proofRefusals[error.code, default: EventThrottle()].passes(at: turn.moment) else { return }
        logRefusal(line, of: first, type: results.type, worker: results.worker)
        tell(
            .warning, "a result of worker \(results.worker) for task \(first.id) of type '\(results.type)' is refused: \(reason)",
            in: &turn)
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
