import TaskGridCore

/// The workers that live, as their registry messages tell: what they run, and which attempts they hold. Pure.
struct WorkerTable {
    struct Worker {
        var message: RegistryMessage
        var expires: ContinuousClock.Instant
        /// Every attempt that it runs or holds unstarted.
        var held: Set<RegistryMessage.Held>
    }

    private(set) var workers: [String: Worker] = [:]

    /// Takes a registry message; returns the types whose workers changed.
    mutating func take(_ kind: RegistryMessage.Kind, _ message: RegistryMessage, at now: ContinuousClock.Instant) -> [TaskType] {
        guard kind != .deregister else { return remove(message.worker) }
        let known = workers[message.worker]?.message
        workers[message.worker] = Worker(
            message: message, expires: now + message.lease, held: Set(message.running).union(message.waiting)
        )
        let isSame =
            known.map {
                $0.types == message.types && $0.concurrency == message.concurrency && $0.batch == message.batch
                    && $0.draining == message.draining
            } ?? false
        return isSame ? [] : Array(Set(message.types + (known?.types ?? [])))
    }

    /// Drops the workers whose lease has ended; returns the types that lost one.
    mutating func expire(at now: ContinuousClock.Instant) -> [TaskType] {
        let gone = workers.filter { $0.value.expires <= now }.map(\.key)
        return gone.flatMap { remove($0) }
    }

    mutating func remove(_ worker: String) -> [TaskType] {
        workers.removeValue(forKey: worker)?.message.types ?? []
    }

    /// The worker that says that it holds this attempt.
    func holder(of held: RegistryMessage.Held) -> String? {
        workers.first { $0.value.held.contains(held) }?.key
    }

    /// How many tasks of `type` its workers run at a time, and whether all of them take batches.
    func service(of type: TaskType) -> (concurrency: Int, takesBatches: Bool) {
        var concurrency = 0
        var takesBatches = true
        for worker in workers.values where worker.message.types.contains(type) && !worker.message.draining {
            concurrency += worker.message.concurrency
            takesBatches = takesBatches && worker.message.batch
        }
        return (concurrency, takesBatches && concurrency > 0)
    }
}
