import TaskGridCore

/// Attempts that run longer than their tasks allow. The worker ends them itself; this is for one that does not, or cannot.
extension Scheduler {
    /// Plans the end of attempts whose time is up, where the broker brings what their workers say.
    func planTimeouts(in turn: inout Turn) async {
        let late = typeQueues.timedOut(at: turn.moment)
        guard !late.isEmpty, await findGone([]) != nil else { return }
        for typeQueue in late { endTimedOut(of: typeQueue, in: &turn) }
    }

    func endTimedOut(of typeQueue: TypeQueue, in turn: inout Turn) {
        for id in typeQueue.takeTimedOut(at: turn.moment) {
            guard let task = typeQueue.handed[id] else { continue }
            let attempt = RegistryMessage.Held(task: id, attempt: task.machine.attempt)
            turn.plan.cancel([attempt], under: topology.cancelKey(typeQueue.type))
            apply(.failed(attempt: attempt.attempt, .timeout(task.settings.timeout)), to: id, of: typeQueue, in: &turn)
        }
    }
}

extension TaskError {
    static func timeout(_ timeout: Duration?) -> TaskError {
        TaskError(.timedOut, "ran longer than \(timeout?.seconds ?? 0) s")
    }
}
