import AMQP
import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// Attempts whose worker, or whose worker's connections, are gone.
///
/// A connection is not a process. A delivery that comes back says that the connection which consumes is gone; the control queue,
/// which belongs to another, says whether the worker is. With both gone the task runs elsewhere at once, and ``Interruptions``
/// keeps the interruption provisional until the lease ends. With the lease gone the attempt is over in any case.
extension Scheduler {
    /// A delivery came back.
    func planRedelivery(of held: RegistryMessage.Held, in typeQueue: TypeQueue, _ turn: inout Turn) {
        guard let task = typeQueue.handed[held.task], task.machine.attempt == held.attempt else {
            logger.debug("redelivery of an old attempt ignored", metadata: [LogKey.taskID: "\(held.task)"])
            return
        }
        guard !interruptions.isDeferred(held.task) else { return }
        if let holder = task.holder, workers.holds(task) {
            typeQueue.orphans.insert(held.task, worker: holder.worker)
            logger.debug(
                "redelivery ignored, its worker lives", metadata: [LogKey.taskID: "\(held.task)", LogKey.workerID: "\(holder.worker)"])
            return
        }
        if task.isInherited { return apply(.lost(attempt: held.attempt), to: held.task, of: typeQueue, in: &turn) }
        let departed = task.holder.flatMap { workers.departed[$0.worker] }
        let lease = max(Self.shortestLease, workers.heartbeat(of: typeQueue.type) * 3)
        interrupt(
            held, of: typeQueue, worker: departed == nil ? nil : task.holder?.worker, heard: departed.map { Moment($0.heard) },
            until: departed.map { Moment($0.expires) } ?? turn.moment + lease, in: &turn
        )
    }

    /// How long a worker that nothing is known of may stay silent.
    static let shortestLease = Duration.seconds(3)

    /// Interrupts an attempt, at once or once it is known that its worker's process is gone. The worker is nil where no report had named
    /// the attempt.
    func interrupt(
        _ held: RegistryMessage.Held, of typeQueue: TypeQueue, worker: String?, heard: Moment?, until: Moment, in turn: inout Turn
    ) {
        guard let machine = typeQueue.handed[held.task]?.machine else { return }
        // One that was to be announced and was not had not begun, and is not to blame.
        let started = machine.interruptions == 0 || machine.state == .running
        let entry = Interruptions.Entry(
            task: held.task, type: typeQueue.type, attempt: held.attempt, started: started, worker: worker, heard: heard,
            since: turn.moment, until: until
        )
        let isFinal = until <= turn.moment
        let wouldEnd = machine.interruptions + 1 >= TaskStateMachine.maximumInterruptions
        if started, interruptions.isProvisional(held.task) ? wouldEnd || !isFinal : wouldEnd && !isFinal {
            interruptions.postpone(entry)
        } else {
            apply(.interrupted(attempt: held.attempt, holderLives: false, started: started), to: held.task, of: typeQueue, in: &turn)
            if started, !isFinal { interruptions.apply(entry) }
        }
    }

    /// Leases that have ended make provisional interruptions final. If it is not known which worker held the task, and none of
    /// its type has died since, a connection was lost and no process.
    func planVerdicts(in turn: inout Turn) {
        func isDeath(_ entry: Interruptions.Entry) -> Bool {
            entry.worker != nil || typeQueues[entry.type]?.lastDeath.map { $0 >= entry.since } ?? false
        }
        let (applied, deferred) = interruptions.decide(at: turn.moment)
        for entry in applied where !isDeath(entry) { withdraw(entry, at: turn.moment) }
        for entry in deferred {
            guard let typeQueue = typeQueues[entry.type] else { continue }
            guard isDeath(entry) else {
                apply(.givenBack(attempt: entry.attempt), to: entry.task, of: typeQueue, in: &turn)
                continue
            }
            let event = TaskStateMachine.Event.interrupted(attempt: entry.attempt, holderLives: false, started: entry.started)
            apply(event, to: entry.task, of: typeQueue, report: AttemptAccount(heard: entry.heard), in: &turn)
        }
    }

    /// A worker that was thought gone has been heard of: nobody is blamed, and it is told to end what runs elsewhere by now.
    func withdrawInterruptions(by message: RegistryMessage, in turn: inout Turn) {
        let (applied, deferred) = interruptions.strike(message, by: store.proofKey)
        guard !applied.isEmpty || !deferred.isEmpty else { return }
        logger.notice(
            "worker is back, interruptions withdrawn",
            metadata: [LogKey.workerID: "\(message.worker)", LogKey.taskCount: "\(applied.count + deferred.count)"]
        )
        for entry in applied {
            withdraw(entry, at: turn.moment)
            turn.plan.cancel([RegistryMessage.Held(task: entry.task, attempt: entry.attempt)], under: topology.workerKey(message.worker))
        }
        let proofs = deferred.isEmpty ? [:] : message.proofsByAttempt
        for entry in deferred {
            guard let typeQueue = typeQueues[entry.type] else { continue }
            if entry.isProven(among: proofs, by: store.proofKey) {
                typeQueue.orphans.insert(entry.task, worker: message.worker)
            } else {
                apply(.givenBack(attempt: entry.attempt), to: entry.task, of: typeQueue, in: &turn)
            }
        }
    }

    /// Strikes an interruption out that was applied.
    private func withdraw(_ entry: Interruptions.Entry, at now: Moment) {
        if typeQueues[entry.type]?.handed[entry.task] != nil {
            typeQueues[entry.type]?.withdrawInterruption(of: entry.task)
        } else {
            // The type may be paused, and the task wait for longer; then it keeps an interruption too many.
            interruptions.note(struck: entry.task, until: now + .seconds(600))
        }
    }

    /// The workers among those that speak whose word must not be believed before it is known that they live: a message may have
    /// outlived its worker.
    func ghosts(among messages: [(RegistryMessage.Kind, RegistryMessage)]) async -> Set<String> {
        guard !workers.departed.isEmpty || !interruptions.isEmpty else { return [] }
        let doubted = messages.compactMap { kind, message in
            kind != .deregister && (workers.departed[message.worker] != nil || interruptions.concerns(message)) ? message.worker : nil
        }
        guard !doubted.isEmpty else { return [] }
        return Set(await findGone(doubted.sorted()) ?? doubted)
    }

    /// A delivery came back: finds out whether those whose reports name its tasks still live. A lease says so only after seconds;
    /// the control queue of a worker that died is gone at once.
    func findHolders(_ results: [Results]) async {
        var holders: Set<String> = []
        for result in results {
            for item in result.items {
                guard case .interrupted = item.outcome, let task = typeQueues[result.type]?.handed[item.id] else { continue }
                if let holder = task.holder, workers.holds(task) { holders.insert(holder.worker) }
            }
        }
        await removeGone(holders)
    }

    /// Asks whether these workers live, and forgets those that do not. If the broker cannot be asked, all count as alive: what
    /// they may hold is asked for again.
    private func removeGone(_ asked: Set<String>) async {
        guard !asked.isEmpty else { return }
        for worker in await findGone(asked.sorted()) ?? [] {
            logger.notice("worker is gone", metadata: [LogKey.workerID: "\(worker)"])
            refresh(workers.depart(worker))
        }
    }

    /// Hands out anew the tasks whose delivery came back while their worker lived, and whose worker holds them no more.
    /// One that dies keeps its control queue for a moment, in which it seems to live; and one that lived may die later.
    func planOrphans(in turn: inout Turn) async {
        let orphaned = typeQueues.withTasksHandedOut().filter { !$0.orphans.isEmpty }
        guard !orphaned.isEmpty else { return }
        await removeGone(Set(orphaned.flatMap { $0.orphans.tasks.values.map(\.worker) }.filter { workers.workers[$0] != nil }))
        for typeQueue in orphaned {
            for (id, orphan) in typeQueue.orphans.tasks {
                guard let task = typeQueue.handed[id], !workers.holds(task) else { continue }
                let held = RegistryMessage.Held(task: id, attempt: task.machine.attempt)
                if workers.workers[orphan.worker] == nil {
                    planRedelivery(of: held, in: typeQueue, &turn)
                } else if typeQueue.orphans.unnamed(id) > Self.patienceWithResults {
                    // Its worker lives and holds it no more, and no result has come since.
                    apply(.lost(attempt: held.attempt), to: id, of: typeQueue, in: &turn)
                }
            }
        }
    }

    /// How many looks long the result of an attempt that its worker has ended may be on its way.
    private static let patienceWithResults = 3
}
