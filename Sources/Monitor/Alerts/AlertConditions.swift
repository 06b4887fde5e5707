import TaskGridCore

extension Alert {
    /// How long the loss of a worker's heartbeats is told.
    static let heartbeatMemory = Duration.seconds(300)
    /// How long a service may say nothing. The dispatcher tells how its types stand each five seconds, and both services are asked
    /// as often for a sign of life.
    static let longestSilence = Duration.seconds(15)
    /// How long a problem lasts that its service, which repeats it, does not name again.
    static let problemMemory = Duration.seconds(75)
    /// How long workers have to connect again and to be heard once the broker is back.
    static let settling = Duration.seconds(10)

    /// The conditions in the grid now that call for an alert, and the message of each.
    ///
    /// While the broker is away or accepts no messages, nothing is known of workers, so there are no alerts about them. Once it is back,
    /// they have `settling` to be heard.
    ///
    /// - `reachable`: since when what is said in the grid reaches the monitor; nil: it does not.
    /// - `historyProblem`: why the monitor's history cannot be written.
    /// - `wasAway`: whether the broker was reached before, too, and away in between.
    static func conditions(
        _ statistics: Statistics, broker: BrokerReport, reachable: Timestamp? = nil, wasAway: Bool = false,
        historyProblem: String? = nil, thresholds: AlertThresholds = AlertThresholds(), at now: Timestamp
    ) -> [Subject: Condition] {
        var conditions: [Subject: Condition] = [:]
        if !broker.connected {
            let why = broker.problem.map { " (\($0))" } ?? ""
            conditions[Subject(kind: .brokerUnreachable)] =
                "the monitor has no connection to the broker\(why): is the broker up, and its address right?"
        }
        if broker.blocked {
            conditions[Subject(kind: .brokerAlarm)] =
                "the broker accepts no messages\(broker.alarm.map { " (\($0))" } ?? ""): free memory or disk on its machine"
        }
        for (type, work) in statistics.types { conditions.merge(ofWork(work, type)) { $1 } }
        if let problem = statistics.problems[.storeUnavailable], now < problem.at + problemMemory {
            conditions[Subject(kind: .storeUnavailable)] = "the dispatcher's store cannot be used: \(problem.message)"
        }
        if let historyProblem {
            conditions[Subject(kind: .historyUnavailable)] = "the monitor's history has a gap until it can be written: \(historyProblem)"
        }
        guard broker.connected, !broker.blocked else { return conditions }
        let isSettled = isSettled(reachable: reachable, wasAway: wasAway, at: now)
        if isSettled { conditions.merge(ofWorkers(statistics, at: now)) { $1 } }
        if let reachable { conditions.merge(ofServices(statistics, reachable: reachable, at: now)) { $1 } }
        // The last report of a silent dispatcher is out of date.
        guard isSettled, conditions[Subject(kind: .dispatcherSilent)] == nil else { return conditions }
        let hindered = Set(conditions.keys.filter { [.noWorker, .breakerOpen].contains($0.kind) }.compactMap(\.type))
        return conditions.merging(ofLoad(statistics, hindered: hindered, thresholds: thresholds, at: now)) { $1 }
    }

    /// Whether workers have had the time to be heard since the broker came back.
    static func isSettled(reachable: Timestamp?, wasAway: Bool, at now: Timestamp) -> Bool {
        !wasAway || reachable.map { $0 + settling <= now } ?? false
    }

    private static func ofServices(_ statistics: Statistics, reachable: Timestamp, at now: Timestamp) -> [Subject: Condition] {
        func isSilent(_ service: Topology.Service) -> Bool {
            max(reachable, statistics.heard[service] ?? reachable) + longestSilence <= now
        }
        var conditions: [Subject: Condition] = [:]
        if isSilent(.dispatcher) {
            conditions[Subject(kind: .dispatcherSilent)] = """
                no dispatcher has been heard for \(Int(longestSilence.seconds)) s: no task is accepted or handed out until one runs; \
                start it with 'taskgrid dispatcher', or see its log
                """
        }
        if isSilent(.nameservice) {
            conditions[Subject(kind: .nameserviceSilent)] = """
                no nameservice has been heard for \(Int(longestSilence.seconds)) s: workers that join and leave are not reported until \
                one runs; start it with 'taskgrid nameservice', or see its log
                """
        }
        return conditions
    }

    private static func ofWork(_ work: TypeStatistics, _ type: TaskType) -> [Subject: Condition] {
        var conditions: [Subject: Condition] = [:]
        switch work.breaker {
        case .open, .halfOpen:
            // One that holds nothing back is nobody's concern: it closes with the next tasks that succeed.
            guard work.states.waiting > 0 else { break }
            // A task whose attempt failed waits for the next one, and has not failed itself.
            let state = work.states.scheduled > 0 ? " --state scheduled" : ""
            conditions[Subject(kind: .breakerOpen, type: type)] = """
                most recent attempts of type \(type) failed, so its tasks wait: see 'taskgrid tasks --type \(type)\(state)' for their \
                errors, and 'taskgrid status ID' for each attempt of one
                """
        case .closed: break
        }
        if !work.states.balances {
            conditions[Subject(kind: .ledgerMismatch, type: type)] = """
                \(work.states.submitted) tasks of type \(type) were submitted and \(work.states.sum) are accounted for: \
                see the dispatcher's log, and report it
                """
        }
        return conditions
    }

    private static func ofWorkers(_ statistics: Statistics, at now: Timestamp) -> [Subject: Condition] {
        var service: [TaskType: Service] = [:]
        for (id, worker) in statistics.workers {
            for type in worker.worker.types { service[type, default: Service()].add(id, worker, at: now) }
        }
        var conditions: [Subject: Condition] = [:]
        for (id, worker) in statistics.workers {
            guard worker.left?.reason != .deregistered, let gone = worker.gone(at: now), now < gone + heartbeatMemory else { continue }
            // Of a type that nobody serves any more, the alert below says it.
            let missed = worker.worker.types.filter { type in
                guard let work = statistics.types[type], let service = service[type], service.isServed else { return false }
                return work.states.due > 0 && !work.isPaused && !service.hasNewcomer(since: worker.lastSeen)
            }
            guard !missed.isEmpty else { continue }
            let types = missed.prefix(maximumNamed).map(\.name).joined(separator: ", ")
            conditions[Subject(kind: .heartbeatLost, worker: id)] = """
                worker \(id) has stopped sending heartbeats, and tasks of its types wait (\(types)): restart it, and see its log
                """
        }
        for (type, work) in statistics.types where service[type]?.isServed != true && !work.isPaused && work.needed > 0 {
            let end = service[type]?.end
            let since = end.map { " since \($0.at), when worker \($0.worker) \($0.what)" } ?? ""
            let needed = work.needed
            let tasks = needed == 1 ? "a task of type \(type) waits" : "\(needed) tasks of type \(type) wait"
            let resume = (service[type]?.quiet ?? 0) > 0 ? "'taskgrid worker resume' one that is quiet, or " : ""
            conditions[Subject(kind: .noWorker, type: type)] = Condition(
                "\(tasks) and no worker runs \(needed == 1 ? "it" : "them")\(since): \(resume)start a worker of type \(type)",
                worker: end?.worker
            )
        }
        return conditions
    }

    /// The most types that one alert names.
    private static let maximumNamed = 5

    /// The workers that serve a type.
    private struct Service {
        private(set) var isServed = false
        /// How many workers take no tasks on request.
        private(set) var quiet = 0
        /// When and how the last of its workers stopped taking tasks, where that is known.
        private(set) var end: (at: Timestamp, worker: String, what: String)?
        private var newest = Timestamp(rawValue: .min)

        mutating func add(_ id: String, _ worker: WorkerStatistics, at now: Timestamp) {
            let gone = worker.gone(at: now)
            if worker.worker.quiet {
                if gone == nil { quiet += 1 }
                if let since = worker.quietSince { note((since, id, "went quiet")) }
            } else if let gone {
                note((gone, id, worker.left?.reason == .deregistered ? "left" : "stopped sending heartbeats"))
            } else {
                isServed = true
                newest = max(newest, worker.joined)
            }
        }

        private mutating func note(_ other: (at: Timestamp, worker: String, what: String)) {
            // Of two at the same time always the same one.
            if end.map({ ($0.at, $0.worker) < (other.at, other.worker) }) ?? true { end = other }
        }

        /// Whether a worker has come in the place of one that was last heard then.
        func hasNewcomer(since time: Timestamp) -> Bool { newest > time }
    }
}

extension TypeStatistics {
    /// Tasks that need a worker now; one that the dispatcher still counts as running does, where no worker lives. Where only scheduled
    /// tasks wait and the time of the oldest has passed, it is their number: the dispatcher does not say how many of them are due.
    fileprivate var needed: Int {
        let needed = states.due.saturatingAdding(states.running)
        return needed == 0 && oldest != nil ? states.scheduled : needed
    }
}
