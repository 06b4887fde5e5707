import AMQP
import Logging
import TaskGridCore
import TaskStore

/// What the workers say of themselves: which types they serve, and which attempts they hold.
extension Scheduler {
    /// The most types that are known.
    static let maximumTypes = 10_000

    func take(_ kind: RegistryMessage.Kind, _ message: RegistryMessage, _ planned: Timestamp, _ plan: inout Plan) {
        let now = ContinuousClock.now
        if kind != .deregister, !workers.hasRoom(for: message) { return refuse(message, "too many workers", now, &plan) }
        if interruptions.concerns(message) { welcome(message, planned, &plan) }
        // Most heartbeats say nothing new. They matter to a type without a queue, and to one that was refused.
        if kind == .heartbeat, unroutable.isDisjoint(with: message.types), workers.renew(message, at: now) { return }
        var lacksType = false
        // A worker that had been refused says nothing new, and yet these have it now.
        var added: [TaskType] = []
        for type in message.types where kind != .deregister {
            if typeQueues[type] == nil {
                guard typeQueues.count < Self.maximumTypes else {
                    needsTypes = true
                    lacksType = true
                    refuse(message, "too many types", now, &plan)
                    break
                }
                typeQueues.add(TypeQueue(type: type, breaker: CircuitBreaker(configuration.breaker)))
                plan.changes.types.append(type)
                added.append(type)
                logger.info("type known", metadata: ["task.type": "\(type)", "worker.id": "\(message.worker)"])
            }
            typeQueues[type]?.isRoutable = true
            if !unroutable.isEmpty { unroutable.remove(type) }
        }
        refresh(workers.take(kind, message, at: now) + added)
        if lacksType { workers.lacksType(message.worker) }
        guard kind != .deregister, let report = workers.workers[message.worker]?.report else { return }
        let superseded = name(message, report, at: time.moment().instant)
        if !superseded.isEmpty { plan.stops[message.worker, default: []] += superseded }
    }

    /// Notes with the tasks that a worker names that it holds them. Returns the attempts that others have replaced.
    @discardableResult
    func name(_ message: RegistryMessage, _ report: Int, at now: ContinuousClock.Instant) -> [RegistryMessage.Held] {
        guard !message.running.isEmpty || !message.waiting.isEmpty else { return [] }
        var superseded: [RegistryMessage.Held] = []
        // A worker may serve a thousand types, and hold tasks of a few.
        for typeQueue in message.types.compactMap({ typeQueues[$0] }) where !typeQueue.handed.isEmpty {
            if !typeQueue.audit.suspects.isEmpty { for held in message.running + message.waiting { typeQueue.audit.clear(held) } }
            for held in message.running where !typeQueue.name(held, worker: message.worker, report: report, runs: true, at: now) {
                superseded.append(held)
            }
            for held in message.waiting where !typeQueue.name(held, worker: message.worker, report: report, runs: false, at: now) {
                superseded.append(held)
            }
        }
        return superseded
    }

    /// Tells, once a minute at most, that a worker is more than the dispatcher keeps: it gets no tasks of what is not known.
    private func refuse(_ message: RegistryMessage, _ why: String, _ now: ContinuousClock.Instant, _ plan: inout Plan) {
        guard nextRefusal.map({ $0 <= now }) ?? true else { return }
        nextRefusal = now + .seconds(60)
        logger.error("worker refused", metadata: ["worker.id": "\(message.worker)", "error": "\(why)"])
        let text =
            "worker \(message.worker) is refused: \(why) (at most \(workers.maximum) workers that hold \(workers.maximumHeld) tasks, "
            + "and \(Self.maximumTypes) types); stop those that are not needed"
        plan.publications.append(.event(GridEvent(kind: .error, service: "dispatcher", at: .now(), message: text), topology))
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
