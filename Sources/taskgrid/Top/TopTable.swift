import TaskGridCore

/// A table of `top`: its lines, and how each row stands.
struct TopTable {
    let table: Table
    /// Of each row.
    let styles: [Line.Style]

    init(_ state: GridState, _ page: TopView.Page, by order: TopView.Order) {
        switch page {
        case .types: self.init(types: state.types, by: order)
        case .workers: self.init(workers: state.workers, by: order)
        }
    }

    private init(types: [TaskType: GridState.Work], by order: TopView.Order) {
        let rows = types.sorted { one, other in
            switch order {
            case .name: one.key < other.key
            case .load: Self.isBefore(one.value.tasks.waiting, other.value.tasks.waiting, one.key, other.key)
            case .work: Self.isBefore(one.value.rate, other.value.rate, one.key, other.key)
            case .failed: Self.isBefore(one.value.tasks.failed, other.value.tasks.failed, one.key, other.key)
            case .slowest: Self.isBefore(one.value.p95 ?? -1, other.value.p95 ?? -1, one.key, other.key)
            }
        }
        var table = Table(
            headings: [
                "TYPE", "WAITING", "SCHEDULED", "QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "RATE", "P50", "P95", "WORKERS", "BREAKER",
            ],
            numeric: Set(1...10), lesser: [2, 8, 3, 10, 9, 5, 4, 7]
        )
        table.rows = rows.map { type, work in
            let tasks = work.tasks
            let counts = [tasks.pending, tasks.scheduled, tasks.queued, tasks.running, tasks.succeeded, tasks.failed]
            return [type.name] + counts.map(Terminal.grouped)
                + [Measure.rate(work.rate), Measure.time(work.p50), Measure.time(work.p95), "\(work.workers)", Self.breaker(work)]
        }
        self.table = table
        styles = rows.map { $1.breaker != .closed || !$1.tasks.balances ? .bad : $1.paused ? .warning : .plain }
    }

    private init(workers: [String: GridState.Worker], by order: TopView.Order) {
        let rows = workers.sorted { one, other in
            switch order {
            case .name: one.key < other.key
            case .load: Self.isBefore(one.value.running, other.value.running, one.key, other.key)
            case .work: Self.isBefore(one.value.done, other.value.done, one.key, other.key)
            case .failed: Self.isBefore(one.value.failed, other.value.failed, one.key, other.key)
            case .slowest: Self.isBefore(one.value.lastSeen, other.value.lastSeen, one.key, other.key)
            }
        }
        var table = Table(
            headings: ["WORKER", "STATE", "TYPES", "HOST", "SLOTS", "RUNNING", "DONE", "FAILED", "HEARTBEAT", "VERSION"],
            numeric: Set(4...8), lesser: [9, 3, 4, 8, 6, 2]
        )
        table.rows = rows.map { id, worker in
            [
                Terminal.plain(id), worker.state, Self.types(worker), Terminal.plain(worker.host),
                "\(worker.concurrency)", Terminal.grouped(worker.running), Terminal.grouped(worker.done), Terminal.grouped(worker.failed),
                Measure.ago(worker.lastSeen), Terminal.plain(worker.version),
            ]
        }
        self.table = table
        let known: [String: Line.Style] = ["draining": .warning, "silent": .bad, "left": .faint]
        styles = rows.map { known[$1.state] ?? .plain }
    }

    /// The most first, and those of the same number by their names.
    private static func isBefore<Number: Comparable, Name: Comparable>(_ one: Number, _ other: Number, _ name: Name, _ otherName: Name)
        -> Bool
    {
        one == other ? name < otherName : one > other
    }

    private static func types(_ worker: GridState.Worker) -> String {
        let more = (worker.typeCount ?? 0) - worker.types.count
        return worker.types.map(\.name).joined(separator: ",") + (more > 0 ? " and \(more) more" : "")
    }

    private static func breaker(_ work: GridState.Work) -> String {
        let breaker = work.breaker.rawValue.replacing("_", with: " ")
        return work.paused ? work.breaker == .closed ? "paused" : "paused, \(breaker)" : breaker
    }

    /// The heading and the rows.
    func lines(width: Int?) -> (heading: Line, rows: [Line]) {
        let lines = table.lines(width: width)
        return (Line(lines[0], .heading), zip(lines.dropFirst(), styles).map { Line($0, $1) })
    }
}

extension TaskCounts {
    /// Tasks that are accepted and do not run yet.
    var waiting: Int { [pending, scheduled, queued].saturatingSum }
}
