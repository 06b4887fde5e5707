package import TaskGridCore

/// The statistics as far as one screen shows them: what the stream of events tells, and what `taskgrid top` shows. The fields of all types
/// together, and the busiest types and workers.
package struct LiveReport: Sendable {
    /// The most of each thing that there is.
    package struct Limits: Sendable {
        package var types = 500
        package var workers = 500
        /// Types that are named of one worker.
        package var typesOfWorker = 10
        package var alerts = 20
        package var events = 12
        /// Characters of an alert's or an event's message.
        package var message = 240

        /// Those of the stream of events.
        package static let stream = Limits()
        package static let none = Limits(types: .max, workers: .max, typesOfWorker: .max, alerts: .max, events: .max, message: .max)

        /// Those of the stream, with at most so many types and as many workers.
        package static func rows(_ count: Int) -> Limits { Limits(types: count, workers: count) }
    }

    package var head: LiveHead
    package var alerts: [AlertReport]
    /// The oldest first.
    package var events: [GridEventReport]
    /// The busiest first.
    package var types: [(type: TaskType, row: LiveTypeRow)]
    package var workers: [(id: String, row: LiveWorkerRow)]

    init(_ state: GridState.Snapshot, at now: Timestamp, limits: Limits = .stream) {
        let statistics = state.statistics
        let active = state.activeWorkers(at: now)
        var busyTypes = Busiest<TaskType, TypeRank>(limits.types)
        for (type, work) in statistics.types { busyTypes.add(type, TypeRank(work, workers: active?[type], at: now)) }
        for (type, count) in active?.byType ?? [:] where statistics.types[type] == nil {
            busyTypes.add(type, TypeRank(TypeStatistics(), workers: count, at: now))
        }
        var busyWorkers = Busiest<String, WorkerRank>(limits.workers)
        for (id, worker) in statistics.workers { busyWorkers.add(id, WorkerRank(worker, at: now)) }

        func cut(_ message: String) -> String { String(message.unicodeScalars.prefix(limits.message)) }
        let current = state.alerts.current
        alerts = current.prefix(limits.alerts).map { alert in
            var report = AlertReport(alert)
            report.message = cut(report.message)
            return report
        }
        events = statistics.gridEvents.suffix(limits.events).map { event in
            var report = GridEventReport(event)
            report.message = cut(report.message)
            return report
        }
        head = LiveHead(
            statistics: StatisticsHead(state, activeWorkers: active?.all, at: now), types: busyTypes.count, workers: busyWorkers.count,
            alerts: current.count
        )
        let uptime = now - statistics.since
        types = busyTypes.keys.map { type in
            let work = statistics.types[type] ?? TypeStatistics()
            return (type, LiveTypeRow(work, of: type, activeWorkers: active?[type], uptime: uptime, at: now))
        }
        workers = busyWorkers.keys.compactMap { id in
            statistics.workers[id].map { (id, LiveWorkerRow($0, maximumTypes: limits.typesOfWorker, at: now)) }
        }
    }
}

/// How much a type wants to be seen: first one that is held back or that nobody serves, then the one that does most.
private struct TypeRank: Comparable {
    private let isHindered: Bool
    private let ended: Double
    private let open: Int
    private let total: Int

    init(_ work: TypeStatistics, workers: Int?, at now: Timestamp) {
        isHindered = work.breaker != .closed || work.isPaused || (workers == 0 && work.states.due > 0)
        // In steps, so that rows of about the same rate do not change places each second.
        let rate = work.throughput.ended(at: now)
        ended = rate > 0 ? (rate.squareRoot() * 2).rounded(.up) : 0
        open = (work.states.due.saturatingAdding(work.states.running) > 0 ? 1 : 0) + ((workers ?? 0) > 0 ? 1 : 0)
        total = work.states.submitted > 0 ? 1 : 0
    }

    private var order: (Int, Double, Int, Int) { (isHindered ? 1 : 0, ended, open, total) }

    static func < (lhs: Self, rhs: Self) -> Bool { lhs.order < rhs.order }
}

/// How much a worker wants to be seen: first those that live, then the one that has ended most tasks.
private struct WorkerRank: Comparable {
    private let isActive: Bool
    private let ended: Int

    init(_ worker: WorkerStatistics, at now: Timestamp) {
        isActive = worker.isActive(at: now)
        let count = Double(worker.succeeded.saturatingAdding(worker.failed))
        ended = count > 0 ? Int(saturating: count.squareRoot().rounded(.up)) : 0
    }

    static func < (lhs: Self, rhs: Self) -> Bool { (lhs.isActive ? 1 : 0, lhs.ended) < (rhs.isActive ? 1 : 0, rhs.ended) }
}
