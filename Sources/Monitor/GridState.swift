import AMQP
import Synchronization
import TaskGridCore

/// The state of the grid as the monitor knows it. The session that listens to the grid updates it, and the routes read it.
final class GridState: Sendable {
    /// All of it at one moment.
    struct Snapshot {
        var statistics: Statistics
        var alerts = Alerts()
        var broker = BrokerReport.unknown
        /// Since when what is said in the grid reaches the monitor; nil: it does not.
        var reachable: Timestamp?
        /// Why the monitor's history cannot be written; nil where it can.
        var historyProblem: String?
        /// Whether the broker was away after it had been reached.
        var wasAway = false

        /// The workers that hold a lease; nil while that is not known: the broker is away or has just come back, or nothing was heard of
        /// workers yet.
        func activeWorkers(at now: Timestamp) -> ActiveWorkers? {
            let isSettled = Alert.isSettled(reachable: reachable, wasAway: wasAway, at: now)
            return isSettled && statistics.hasHeardOfWorkers ? statistics.activeWorkers(at: now) : nil
        }
    }

    let topology: Topology
    private let state: Mutex<Snapshot>
    private let workerEvents = Mutex(WorkerEventFilter())
    /// The monitor's time.
    let now: @Sendable () -> Timestamp
    /// The listeners to events.
    let broadcast: Broadcast

    /// From where on something is an alert.
    private let thresholds: AlertThresholds

    init(topology: Topology, thresholds: AlertThresholds = AlertThresholds(), now: @escaping @Sendable () -> Timestamp) {
        self.topology = topology
        self.thresholds = thresholds
        self.now = now
        let since = now()
        broadcast = Broadcast(since: since)
        state = Mutex(Snapshot(statistics: Statistics(since: since)))
    }

    /// A copy, so that reading it long keeps nobody waiting.
    var current: Snapshot { state.withLock { $0 } }
    var statistics: Statistics { state.withLock { $0.statistics } }

    /// Applies an event or a registry message.
    ///
    /// - Throws: why the message cannot be read, and so belongs in the dead-letter queue. The nameservice puts unreadable registry
    ///   messages there: it gets each one too.
    func apply(_ message: Message, exchange: String, key: String) throws(WireError) {
        let now = now()
        let change: (inout Statistics) -> Void
        var happened: () -> Void = {}
        if exchange == topology.registry.name {
            guard let (kind, worker) = try? RegistryMessage.decode(message, routingKey: key) else { return }
            change = { $0.apply(kind, worker, at: now) }
        } else {
            switch key.prefix(while: { $0 != "." }) {
            case "task":
                let event = try JSON.decode(TypeEvent.self, message.body)
                try Plausible.check(event)
                change = { $0.apply(event, at: now) }
            case "worker":
                let event = try JSON.decode(WorkerEvent.self, message.body)
                try event.worker.validate()
                change = { $0.apply(event, at: now) }
                happened = {
                    if self.workerEvents.withLock({ $0.isNew(event) }) { self.broadcast.send(.worker, WorkerChange(event)) }
                }
            case "grid":
                let event = try JSON.decode(GridEvent.self, message.body)
                change = { $0.apply(event, at: now) }
                happened = { [broadcast] in broadcast.send(.grid, GridEventReport(event.cut)) }
            default:
                throw WireError(.badProperty, "routing key '\(key.prefix(100))' is no event's: task.…, worker.… or grid.…")
            }
        }
        state.withLock { change(&$0.statistics) }
        happened()
    }

    /// Notes the state of the connections to the broker, and starts and ends the alerts that follow from it and from all else that is
    /// known.
    ///
    /// - Returns: the alerts that start and end.
    @discardableResult
    func updateAlerts(connections: [ConnectionReading]) -> [AlertChange] {
        let now = now()
        let broker = BrokerReport(connections)
        let before = state.withLock { state in
            let isReached = broker.connected && !broker.blocked
            if !isReached, state.reachable != nil { state.wasAway = true }
            state.reachable = isReached ? state.reachable ?? now : nil
            return state
        }
        let conditions = Alert.conditions(
            before.statistics, broker: broker, reachable: before.reachable, wasAway: before.wasAway,
            historyProblem: before.historyProblem, thresholds: thresholds, at: now
        )
        let changes = state.withLock { state in
            state.broker = broker
            return state.alerts.update(conditions, at: now)
        }
        for change in changes { broadcast.send(.alert, change) }
        return changes
    }

    /// The history cannot be written, or can be again.
    func noteHistory(_ problem: String?) { state.withLock { $0.historyProblem = problem } }

    /// A service has answered, to whatever it was asked.
    func hear(_ service: Topology.Service) {
        let now = now()
        state.withLock { $0.statistics.hear(service, at: now) }
    }

    /// Applies the answer to a query of the monitor.
    ///
    /// - Returns: The query with which to go on, where there is more.
    /// - Throws: `QueryError` where the service refused; `WireError` where it cannot be read.
    @discardableResult
    func applyAnswer(_ message: Message) throws -> (any Query)? {
        let now = now()
        switch message.properties.type {
        case CountsQuery.name:
            let answer = try AnswerMessage.read(CountsQuery.Answer.self, message)
            for states in answer.types.values { try Plausible.check(states) }
            state.withLock { $0.statistics.apply(answer, at: now) }
            return answer.next.map { CountsQuery(after: $0) }
        case WorkersQuery.name:
            let answer = try AnswerMessage.read(WorkersQuery.Answer.self, message)
            for live in answer.workers { try live.worker.validate() }
            state.withLock { $0.statistics.apply(answer, at: now) }
            return answer.next.map { WorkersQuery(after: $0) }
        default:
            throw WireError(.badProperty, "'\((message.properties.type ?? "").prefix(40))' is no query that the monitor asks")
        }
    }
}
