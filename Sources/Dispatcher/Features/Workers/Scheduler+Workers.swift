import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// The workers' reports of themselves: which types they serve, and which attempts they hold.
extension Scheduler {
    /// The most types that are known.
    static let maximumTypes = 10_000

    /// Plans what follows from what workers say of themselves.
    func planRegistry(_ messages: [(RegistryMessage.Kind, RegistryMessage)], in turn: inout Turn) async {
        let ghosts = await ghosts(among: messages)
        for (kind, message) in messages where !ghosts.contains(message.worker) { record(kind, of: message, in: &turn) }
    }

    private func record(_ kind: RegistryMessage.Kind, of told: RegistryMessage, in turn: inout Turn) {
        noteUser(told.publisher)
        let now = ContinuousClock.now
        guard let message = kind == .deregister ? told : admitted(told, in: &turn) else { return }
        if interruptions.concerns(message) { withdrawInterruptions(by: message, in: &turn) }
        // Most heartbeats say nothing new. They matter to a type without a queue, and to one that was refused.
        if kind == .heartbeat, unroutable.isDisjoint(with: message.types), workers.renew(message, at: now) { return }
        var lacksType = false
        // A worker that had been refused says nothing new, and yet these have it now.
        var added: [TaskType] = []
        for type in message.types where kind != .deregister {
            if typeQueues[type] == nil {
                guard typeQueues.count < Self.maximumTypes else {
                    forgottenTypes.needsRoom = true
                    lacksType = true
                    let reason = "too many types (at most \(Self.maximumTypes))"
                    warn(of: message, .refused, because: reason, advice: Self.adviceOnMany, in: &turn)
                    break
                }
                typeQueues.add(TypeQueue(type: type, breaker: CircuitBreaker(configuration.breaker)))
                turn.plan.changes.types.append(type)
                added.append(type)
                logger.info("type known", metadata: [LogKey.taskType: "\(type)", LogKey.workerID: "\(message.worker)"])
            }
            typeQueues[type]?.isRoutable = true
            if !unroutable.isEmpty { unroutable.remove(type) }
        }
        if kind != .deregister { planWorkQueues(of: message, kind, in: &turn) }
        refresh(workers.record(kind, of: message, at: now) + added)
        if lacksType { workers.lacksType(message.worker) }
        guard kind != .deregister, let report = workers.workers[message.worker]?.report else { return }
        let superseded = recordHolder(message, report: report, at: time.moment().instant)
        if !superseded.isEmpty { turn.plan.cancel(superseded, under: topology.workerKey(message.worker)) }
    }

    /// As much of a worker's message as counts: the types that its user may serve, and no more tasks than its user has room for.
    ///
    /// - Returns: nil where the worker is refused.
    private func admitted(_ told: RegistryMessage, in turn: inout Turn) -> RegistryMessage? {
        var message = told
        if let access = configuration.access {
            let (served, dropped) = access.served(message)
            if let dropped {
                let reason = "its user has not the right to serve type '\(dropped)'"
                warn(
                    of: message, served == nil ? .refused : .narrowed, because: reason,
                    advice: "give it the right with taskgrid users, or stop the worker", in: &turn)
            }
            guard let served else { return nil }
            message = served
        }
        guard !workers.hasRoom(for: message) else { return message }
        // A worker that is known stays, with the tasks that it named before.
        let known = workers.withFormerTasks(message)
        let reason =
            "its user '\(message.publisher)' has as many workers, or tasks that they hold, as are left for other users (alone it may have "
            + "\(workers.maximum) workers that hold \(workers.maximumHeld) tasks)"
        warn(of: message, known == nil ? .refused : .narrowed, because: reason, advice: Self.adviceOnMany, in: &turn)
        return known
    }

    /// The dispatcher declares the work queues of a worker's types. A worker that registers again waits for one.
    private func planWorkQueues(of message: RegistryMessage, _ kind: RegistryMessage.Kind, in turn: inout Turn) {
        let isWaiting = kind == .register && workers.workers[message.worker] != nil
        for type in message.types where typeQueues[type] != nil {
            if declaredTypes.insert(type).inserted || isWaiting { turn.plan.served.insert(type) }
        }
    }

    /// Notes with the tasks that a worker names that it holds them, where it proves that they were handed to it. Returns the attempts that
    /// others have replaced.
    @discardableResult
    func recordHolder(_ message: RegistryMessage, report: Int, at now: ContinuousClock.Instant) -> [RegistryMessage.Held] {
        guard !message.running.isEmpty || !message.waiting.isEmpty else { return [] }
        var superseded: [RegistryMessage.Held] = []
        let key = store.proofKey
        // A worker may serve a thousand types, and hold tasks of a few.
        for typeQueue in message.types.compactMap({ typeQueues[$0] }) where !typeQueue.handed.isEmpty {
            for (held, runs, proof) in message.held where typeQueue.handed[held.task] != nil {
                guard typeQueue.isProven(held, proof, by: key) else {
                    ignoreUnproven(held, of: message.worker)
                    continue
                }
                typeQueue.audit.clear(held)
                let isCurrent = typeQueue.recordHolder(of: held, worker: message.worker, report: report, runs: runs, at: now)
                if !isCurrent { superseded.append(held) }
            }
        }
        return superseded
    }

    /// What to do about more workers than the dispatcher keeps: they get no tasks of what is not known.
    private static let adviceOnMany = "stop those that are not needed"

    /// What becomes of a worker that does not get all that it asks for.
    private enum Refusal {
        /// It gets no tasks.
        case refused
        /// It stays without what is too much.
        case narrowed
    }

    /// Tells, once a minute and user at most, that a worker is refused, or a part of its message.
    private func warn(
        of message: RegistryMessage, _ refusal: Refusal, because reason: String, advice: String, in turn: inout Turn
    ) {
        guard workerRefusals[message.publisher, default: EventThrottle()].passes(at: turn.moment) else { return }
        let line: Logger.Message =
            switch refusal {
            case .refused: "worker refused, it gets no tasks"
            case .narrowed: "worker's message counts in part"
            }
        logger.error(line, metadata: [LogKey.workerID: "\(message.worker)", LogKey.reason: "\(reason)"])
        let what = refusal == .refused ? "is refused" : "counts in part"
        tell(.error, "worker \(message.worker) \(what): \(reason); \(advice)", in: &turn)
    }

    /// Notes in the type queues how many workers they have now.
    func refresh(_ types: [TaskType]) {
        for type in Set(types) {
            let service = workers.service(of: type)
            typeQueues[type]?.concurrency = service.concurrency
            typeQueues[type]?.takesBatches = service.takesBatches
            typeQueues[type]?.hasWorkers = workers.serves(type)
        }
    }
}
