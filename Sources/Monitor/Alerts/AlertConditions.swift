import TaskGridCore

extension Alert {
    /// How long the loss of a worker's heartbeats is told.
    static let heartbeatMemory = Duration.seconds(300)
    /// How long a service may say nothing. The dispatcher tells how its types stand each five seconds, and both services are asked
    /// as often for a sign of life.
    static let longestSilence = Duration.seconds(15)

    /// What is so in the grid now that is worth an alert, and what is to be said of it.
    ///
    /// While the broker is away or takes no messages, heartbeats neither, nothing is known of workers and nothing is said of them.
    ///
    /// - Parameter reachable: since when what is said in the grid reaches the monitor; nil: it does not.
    static func conditions(
        _ statistics: Statistics, broker: BrokerReport, reachable: Timestamp? = nil, at now: Timestamp
    ) -> [Subject: String] {
        var conditions: [Subject: String] = [:]
        if !broker.connected {
            let why = broker.problem.map { " (\($0))" } ?? ""
            conditions[Subject(kind: .brokerUnreachable)] =
                "the monitor has no connection to the broker\(why): is the broker up, and its address right?"
        }
        if broker.blocked {
            conditions[Subject(kind: .brokerAlarm)] =
                "the broker takes no messages\(broker.alarm.map { " (\($0))" } ?? ""): free memory or disk on its machine"
        }
        for (type, work) in statistics.types { conditions.merge(ofWork(work, type)) { $1 } }
        guard broker.connected, !broker.blocked else { return conditions }
        conditions.merge(ofWorkers(statistics, at: now)) { $1 }
        if let reachable { conditions.merge(ofServices(statistics, reachable: reachable, at: now)) { $1 } }
        return conditions
    }

    private static func ofServices(_ statistics: Statistics, reachable: Timestamp, at now: Timestamp) -> [Subject: String] {
        func isSilent(_ service: Topology.Service) -> Bool {
            max(reachable, statistics.heard[service] ?? reachable) + longestSilence <= now
        }
        var conditions: [Subject: String] = [:]
        if isSilent(.dispatcher) {
            conditions[Subject(kind: .dispatcherSilent)] = """
                nothing was heard of a dispatcher for \(Int(longestSilence.seconds)) s: no task is accepted or handed out until one runs; \
                start it with 'taskgrid dispatcher', or see its log
                """
        }
        if isSilent(.nameservice) {
            conditions[Subject(kind: .nameserviceSilent)] = """
                nothing was heard of a nameservice for \(Int(longestSilence.seconds)) s: workers that come and go are not told of until \
                one runs; start it with 'taskgrid nameservice', or see its log
                """
        }
        return conditions
    }

    private static func ofWork(_ work: TypeStatistics, _ type: TaskType) -> [Subject: String] {
        var conditions: [Subject: String] = [:]
        switch work.breaker {
        case .open, .halfOpen:
            conditions[Subject(kind: .breakerOpen, type: type)] =
                "most recent attempts of type \(type) failed, so its tasks wait: see 'taskgrid failed --type \(type)' for their errors"
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

    private static func ofWorkers(_ statistics: Statistics, at now: Timestamp) -> [Subject: String] {
        var conditions: [Subject: String] = [:]
        var served: Set<TaskType> = []
        for (id, worker) in statistics.workers {
            switch worker.state(at: now) {
            case .alive, .draining: served.formUnion(worker.worker.types)
            case .left where worker.left?.reason == .deregistered: continue
            case .silent, .left:
                guard let gone = worker.gone(at: now), now < gone + heartbeatMemory else { continue }
                conditions[Subject(kind: .heartbeatLost, worker: id)] = """
                    worker \(id) (\(worker.worker.types.map(\.name).joined(separator: ", "))) sends no heartbeats any more: its tasks \
                    run elsewhere; start it again, and see its log
                    """
            }
        }
        for (type, work) in statistics.types where !served.contains(type) && !work.isPaused && work.states.due > 0 {
            conditions[Subject(kind: .noWorker, type: type)] =
                "\(work.states.due) tasks of type \(type) wait and no worker runs them: start one with 'taskgrid worker \(type)'"
        }
        return conditions
    }
}
