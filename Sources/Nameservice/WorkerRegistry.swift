import AMQP
import Logging
import ServiceSupport
import Synchronization
import TaskGridCore

/// Handles the messages of workers and queries: keeps the lease table, and gives the publications that follow.
///
/// Knows no connection; the service moves deliveries in and publications out.
final class WorkerRegistry: Sendable {
    fileprivate struct State {
        var leases: LeaseTable
        var pace = HeartbeatPace()
        /// When the pace is next looked at.
        var nextPace: ContinuousClock.Instant?
        /// By user, so that the workers of one do not hide that those of another are refused.
        var notices: [String: Notices] = [:]
    }

    /// What is told of the workers of a user, now and then: a refused worker comes again with every heartbeat.
    fileprivate struct Notices {
        /// Refused registrations and heartbeats in all.
        var refused = 0
        var refusal = EventThrottle()
        /// Of a right that is missing.
        var rights = EventThrottle()
    }

    private let topology: Topology
    private let access: AccessPolicy?
    private let logger: Logger
    private let state: Mutex<State>
    /// Raised when the next lease's end may have moved.
    let changed = Signal()

    init(topology: Topology, leases: LeaseTable = LeaseTable(), access: AccessPolicy? = nil, logger: Logger) {
        self.topology = topology
        self.access = access
        self.logger = logger
        state = Mutex(State(leases: leases))
    }

    var nextExpiry: ContinuousClock.Instant? { state.withLock { $0.leases.nextExpiry } }

    /// Handles a message from the registry queue.
    func handle(_ message: Message, key: String, at moment: ClockReading) -> [Publication] {
        let kind: RegistryMessage.Kind
        var worker: RegistryMessage
        do {
            (kind, worker) = try RegistryMessage.decode(message, routingKey: key)
        } catch {
            return [dead(message, key: key, reason: error.description)]
        }
        if kind != .deregister, let access {
            let (message, dropped) = access.served(worker)
            if let dropped { warn(of: worker, lacking: dropped, at: moment) }
            guard let message else { return [] }
            worker = message
        }
        let served = worker
        do {
            let (event, interval, isNewPace) = try state.withLock { state throws(LeaseTable.Full) in
                let event = try state.leases.apply(kind, served, at: moment)
                return (event, state.pace.interval, state.updatePace(at: moment.instant))
            }
            var publications = isNewPace ? [self.pace()] : []
            guard let event else { return publications }
            changed.raise()
            publications.append(publication(of: event))
            // One that comes later has not heard what all were told.
            if event.kind == .joined, !isNewPace, worker.interval < interval { publications.append(self.pace(for: worker.worker)) }
            return publications
        } catch {
            return refusal(of: worker, error, at: moment)
        }
    }

    private func warn(of worker: RegistryMessage, lacking type: TaskType, at moment: ClockReading) {
        guard state.withLock({ $0.notices[worker.publisher, default: Notices()].rights.passes(at: Moment(moment.instant)) }) else { return }
        logger.warning(
            "worker is not counted for types that its user has no right to serve, give it with taskgrid users",
            metadata: [LogKey.workerID: "\(worker.worker)", LogKey.workerUser: "\(worker.publisher)", LogKey.taskType: "\(type)"])
    }

    /// Asks all workers, or one, to speak at once, and as often as their number allows.
    func pace(for worker: String? = nil) -> Publication {
        let interval = state.withLock { $0.pace.interval }
        if worker == nil { logger.info("heartbeat interval changed, workers are told", metadata: [LogKey.registryInterval: "\(interval)"]) }
        return Publication(
            exchange: topology.control.name, routingKey: worker.map(topology.workerKey) ?? Topology.allWorkersKey,
            message: HeartbeatRequest(interval: interval).message()
        )
    }

    /// Asks all workers to speak at once: a nameservice that starts knows nobody.
    func rollCall() -> Publication {
        Publication(exchange: topology.control.name, routingKey: Topology.allWorkersKey, message: HeartbeatRequest().message())
    }

    /// How long after its end a lease is looked at, at the latest, by a service that is not held up.
    private static let slack = Duration.seconds(1)

    /// Ends the leases that are over. If that comes late, nobody could be heard meanwhile either: each worker gets a whole
    /// lease instead.
    func expire(at moment: ClockReading) -> [Publication] {
        if let next = nextExpiry, next + Self.slack < moment.instant {
            logger.notice(
                "nameservice was held up, all leases begin anew", metadata: [LogKey.registryLate: "\(next.duration(to: moment.instant))"])
            renewAll(at: moment)
            return []
        }
        return state.withLock { $0.leases.expire(at: moment) }.map(publication)
    }

    /// Gives every worker a whole lease from now.
    func renewAll(at moment: ClockReading) {
        state.withLock { $0.leases.renewAll(at: moment) }
        changed.raise()
    }

    /// Handles a message from the queries' queue.
    func answer(_ message: Message, key: String) -> Publication {
        do throws(WireError) {
            let replyTo = try message.properties.answersTo()
            return Publication(exchange: topology.reply.name, routingKey: replyTo, message: answer(to: message))
        } catch {
            return dead(message, key: key, reason: "\(error), so nobody can be answered")
        }
    }

    private func answer(to message: Message) -> Message {
        guard message.properties.type == WorkersQuery.name else {
            let name = message.properties.type?.prefix(40) ?? ""
            return failure(.badQuery, "the nameservice answers '\(WorkersQuery.name)', and no query '\(name)'", to: message)
        }
        guard message.body.count <= QueryLimits.maximumBody else {
            return failure(
                .badQuery, "a query of \(message.body.count) bytes; at most \(QueryLimits.maximumBody) are read", to: message)
        }
        do {
            let query = try JSON.decode(WorkersQuery.self, message.body)
            return AnswerMessage.message(.success(page(query, AnswerBudget(of: message))), to: message)
        } catch {
            return failure(.badQuery, "the query cannot be read: \(error)", to: message)
        }
    }

    /// As many of the workers as the answer has room for. One worker alone, with at most 1000 types and 2000 tasks, always has.
    private func page(_ query: WorkersQuery, _ budget: AnswerBudget) -> WorkersQuery.Answer {
        let workers = state.withLock { $0.leases }.workers(of: query.type, after: query.after)
        var list = AnswerList<LiveWorker>(budget)
        for worker in workers {
            guard list.add(worker) else {
                return WorkersQuery.Answer(workers: list.elements, next: list.elements.last?.worker.worker, service: .now())
            }
        }
        return WorkersQuery.Answer(workers: list.elements, service: .now())
    }

    private func failure(_ code: QueryError.Code, _ text: String, to message: Message) -> Message {
        AnswerMessage.refusal(QueryError(code, text), to: message)
    }

    private func publication(of event: WorkerEvent) -> Publication {
        var metadata: Logger.Metadata = [LogKey.workerID: "\(event.worker.worker)"]
        metadata[LogKey.workerLeftReason] = event.reason.map { "\($0.rawValue)" }
        switch event.kind {
        case .joined: logger.info("worker joined", metadata: metadata)
        case .left: logger.info("worker left", metadata: metadata)
        }
        return Publication(exchange: topology.events.name, routingKey: topology.workerEventKey(event.kind), message: .event(event))
    }

    private func refusal(of worker: RegistryMessage, _ error: LeaseTable.Full, at moment: ClockReading) -> [Publication] {
        let user = worker.publisher
        let (refused, isTold) = state.withLock { state in
            state.notices[user, default: Notices()].refused += 1
            return (state.notices[user]?.refused ?? 0, state.notices[user]?.refusal.passes(at: Moment(moment.instant)) ?? false)
        }
        guard isTold else { return [] }
        logger.warning(
            "worker refused, its user has its share of workers or there are too many types; stop workers that are not needed",
            metadata: [
                LogKey.workerID: "\(worker.worker)", LogKey.workerUser: "\(user)", LogKey.reason: "\(error.what.rawValue)",
                LogKey.workerMaximum: "\(error.maximum)", LogKey.registryRefused: "\(refused)",
            ]
        )
        let event = GridEvent(
            kind: .error, service: Topology.Service.nameservice.rawValue, at: moment.timestamp,
            message: "worker \(worker.worker) is refused: \(error.reason(of: user)); stop workers that are not needed"
        )
        return [Publication(exchange: topology.events.name, routingKey: topology.gridEventKey(event.kind.rawValue), message: .event(event))]
    }

    private func dead(_ message: Message, key: String, reason: String) -> Publication {
        logger.warning(
            "message cannot be used, sent to the dead-letter exchange",
            metadata: [LogKey.routingKey: "\(key)", LogKey.reason: "\(reason)"])
        return .deadLetter(message, because: reason, topology)
    }
}

extension WorkerRegistry.State {
    /// Between two looks at how many workers there are.
    private static let paceInterval = Duration.seconds(2)

    /// Returns whether the pace has changed.
    fileprivate mutating func updatePace(at now: ContinuousClock.Instant) -> Bool {
        // A nameservice that starts waits until it knows the workers.
        guard let next = nextPace else {
            nextPace = now + Self.paceInterval
            return false
        }
        guard next <= now else { return false }
        nextPace = now + Self.paceInterval
        return pace.update(workers: leases.count)
    }
}

extension LeaseTable.Full {
    /// Why a worker is refused.
    fileprivate func reason(of user: String) -> String {
        switch what {
        case .types: "the nameservice knows \(maximum) types and takes no more"
        case .workers: "user '\(user)' has as many workers as are left for other users (alone it may have \(maximum))"
        }
    }
}
