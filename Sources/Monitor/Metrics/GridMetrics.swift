import NIOCore
import TaskGridCore

/// The answer of `/metrics`, for Prometheus. Bounded: at most `maximumTypes` types and `maximumQueues` queues, in their order;
/// `taskgrid_types` tells how many types there are. It has no names of workers, because these come and go.
struct GridMetrics {
    static let maximumTypes = 200
    static let maximumQueues = 250

    private let state: GridState.Snapshot
    private let statistics: Statistics
    private let now: Timestamp
    private let types: [(name: TaskType, work: TypeStatistics)]
    private var out = Exposition()

    private init(_ state: GridState.Snapshot, at now: Timestamp) {
        self.state = state
        self.now = now
        statistics = state.statistics
        types = state.statistics.types.sorted { $0.key < $1.key }.prefix(Self.maximumTypes).map { ($0.key, $0.value) }
    }

    /// `queues`: nil if the broker cannot be asked; then the text has no queues.
    static func text(
        _ state: GridState.Snapshot, queues: QueuesReport?, listeners: Int, guesses: GuessLimit.Counts = GuessLimit.Counts(),
        at now: Timestamp
    ) -> ByteBuffer {
        var metrics = GridMetrics(state, at: now)
        metrics.writeTasks()
        metrics.writeTimes()
        metrics.writeTypes()
        metrics.writeGrid(listeners: listeners)
        metrics.writeAccess(guesses)
        if let queues { metrics.writeQueues(queues) }
        return metrics.out.text
    }

    private mutating func writeTasks() {
        out.family("taskgrid_tasks_submitted_total", .counter, help: "Tasks accepted, since the monitor began.")
        for (type, work) in types {
            out.sample("taskgrid_tasks_submitted_total", [("type", type.name)], value: work.seen.submitted)
        }
        out.family(
            "taskgrid_tasks_total", .counter,
            help: "Tasks ended, by how, since the monitor began; one that is retried and fails again counts again."
        )
        for (type, work) in types {
            let total = work.seen
            for (outcome, count) in [
                ("succeeded", total.succeeded), ("failed", total.failed), ("cancelled", total.cancelled), ("expired", total.expired),
            ] {
                out.sample("taskgrid_tasks_total", [("type", type.name), ("outcome", outcome)], value: count)
            }
        }
        out.family("taskgrid_task_retries_total", .counter, help: "Attempts tried again, since the monitor began.")
        for (type, work) in types { out.sample("taskgrid_task_retries_total", [("type", type.name)], value: work.seen.retried) }
        out.family(
            "taskgrid_results_refused_total", .counter,
            help: "Results that were refused, since the monitor began."
        )
        for (type, work) in types { out.sample("taskgrid_results_refused_total", [("type", type.name)], value: work.seen.refused) }
        out.family("taskgrid_tasks", .gauge, help: "Tasks that have not ended, by their state.")
        for (type, work) in types {
            for state in [TaskState.pending, .scheduled, .queued, .running] {
                out.sample("taskgrid_tasks", [("type", type.name), ("state", state.name)], value: work.states[state])
            }
        }
    }

    private mutating func writeTimes() {
        out.family("taskgrid_task_run_seconds", .histogram, help: "How long attempts ran, since the monitor began.")
        for (type, work) in types { out.histogram("taskgrid_task_run_seconds", [("type", type.name)], buckets: work.runTimes.buckets) }
        out.family("taskgrid_task_seconds", .histogram, help: "From the acceptance of a task to its end, since the monitor began.")
        for (type, work) in types { out.histogram("taskgrid_task_seconds", [("type", type.name)], buckets: work.totalTimes.buckets) }
        out.family(
            "taskgrid_task_wait_seconds", .histogram, help: "From when a task could run to when it ran, since the monitor began."
        )
        for (type, work) in types { out.histogram("taskgrid_task_wait_seconds", [("type", type.name)], buckets: work.waitTimes.buckets) }
        out.family("taskgrid_oldest_waiting_seconds", .gauge, help: "How long the task that waits longest has waited; 0 if none waits.")
        for (type, work) in types {
            let age = work.oldest.map { max(.zero, now - $0.since).rounded3 } ?? 0
            out.sample("taskgrid_oldest_waiting_seconds", [("type", type.name)], value: age)
        }
    }

    private mutating func writeTypes() {
        if let active = state.activeWorkers(at: now) {
            out.family("taskgrid_workers", .gauge, help: "Workers that hold a lease, by type; one of two types counts for both.")
            for type in Set(active.byType.keys).union(types.map(\.name)).sorted().prefix(Self.maximumTypes) {
                out.sample("taskgrid_workers", [("type", type.name)], value: active[type])
            }
        }
        out.family("taskgrid_breaker_state", .gauge, help: "1 for the state that the circuit breaker of the type is in.")
        for (type, work) in types {
            for state in BreakerState.allCases {
                out.sample("taskgrid_breaker_state", [("type", type.name), ("state", state.rawValue)], value: work.breaker == state)
            }
        }
        out.family("taskgrid_type_paused", .gauge, help: "Whether nothing of the type is handed out, on request.")
        for (type, work) in types { out.sample("taskgrid_type_paused", [("type", type.name)], value: work.isPaused) }
        out.family("taskgrid_ledger_balanced", .gauge, help: "Whether each task of the type that was submitted stands in one state.")
        for (type, work) in types { out.sample("taskgrid_ledger_balanced", [("type", type.name)], value: work.states.balances) }
    }

    private mutating func writeGrid(listeners: Int) {
        var out = out
        defer { self.out = out }
        func gauge(_ name: String, _ labels: Exposition.Labels = [], help: String, value: Double) {
            out.family(name, .gauge, help: help)
            out.sample(name, labels, value: value)
        }
        gauge("taskgrid_types", help: "Types that are known.", value: Double(statistics.types.count))
        out.family("taskgrid_alerts", .gauge, help: "Alerts that stand, by kind.")
        let alerts = state.alerts.current
        for kind in Alert.Kind.allCases {
            out.sample("taskgrid_alerts", [("kind", kind.rawValue)], value: alerts.count { $0.subject.kind == kind })
        }
        gauge(
            "taskgrid_broker_connected", help: "Whether the monitor is connected to the broker.", value: state.broker.connected ? 1 : 0)
        gauge("taskgrid_broker_blocked", help: "Whether the broker accepts no messages.", value: state.broker.blocked ? 1 : 0)
        gauge("taskgrid_event_listeners", help: "Listeners to the monitor's events.", value: Double(listeners))
        gauge(
            "taskgrid_monitor_start_time_seconds", help: "When the monitor began, since 1970.",
            value: Double(statistics.since.rawValue) / 1000)
        if let newest = statistics.newestData {
            gauge(
                "taskgrid_data_age_seconds", help: "How old the newest data of the dispatcher is.",
                value: max(.zero, now - newest).rounded3)
        }
        gauge("taskgrid_build_info", [("version", TaskGridVersion.current)], help: "The monitor's version.", value: 1)
    }

    private mutating func writeAccess(_ guesses: GuessLimit.Counts) {
        out.family("taskgrid_monitor_wrong_tokens_total", .counter, help: "Requests with a wrong token, since the monitor began.")
        out.sample("taskgrid_monitor_wrong_tokens_total", value: guesses.wrong)
        out.family(
            "taskgrid_monitor_throttled_tokens_total", .counter,
            help: "Requests that were refused because too many wrong tokens came from their address, since the monitor began."
        )
        out.sample("taskgrid_monitor_throttled_tokens_total", value: guesses.refused)
    }

    private mutating func writeQueues(_ queues: QueuesReport) {
        let known = queues.queues.filter { $0.value.exists }.sorted { $0.key < $1.key }.prefix(Self.maximumQueues)
        out.family("taskgrid_queue_messages", .gauge, help: "Messages of a queue that are ready for delivery.")
        for (queue, entry) in known { out.sample("taskgrid_queue_messages", [("queue", queue)], value: entry.messages ?? 0) }
        out.family("taskgrid_queue_consumers", .gauge, help: "Consumers of a queue.")
        for (queue, entry) in known { out.sample("taskgrid_queue_consumers", [("queue", queue)], value: entry.consumers ?? 0) }
    }
}
