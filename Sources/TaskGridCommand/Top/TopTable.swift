import Monitor
import TaskGridCore

/// A table of `top`: its lines, and how each row stands.
struct TopTable {
    let table: Table
    /// Of each row.
    let styles: [Line.Style]

    init(_ state: LiveReport, _ page: TopView.Page, by order: TopView.Order) {
        switch page {
        case .types: self.init(types: state.types, by: order)
        case .workers: self.init(workers: state.workers, by: order)
        }
    }

    private init(types: [(type: TaskType, row: LiveTypeRow)], by order: TopView.Order) {
        let rows = types.sorted { one, other in
            switch order {
            case .name: one.type < other.type
            case .load: Self.isBefore((one.row.tasks.waiting, other.row.tasks.waiting), names: (one.type, other.type))
            case .work: Self.isBefore((one.row.throughput, other.row.throughput), names: (one.type, other.type))
            case .failed: Self.isBefore((one.row.tasks.failed, other.row.tasks.failed), names: (one.type, other.type))
            case .slowest: Self.isBefore((one.row.p95 ?? -1, other.row.p95 ?? -1), names: (one.type, other.type))
            }
        }
        var table = Table(
            headings: [
                "TYPE", "PENDING", "SCHEDULED", "QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "RATE", "P50", "P95", "QUEUE P95", "OLDEST",
                "WORKERS", "BREAKER",
            ],
            numeric: Set(1...12), lesser: [10, 2, 11, 8, 3, 12, 9, 5, 4, 7]
        )
        table.rows = rows.map { type, work in
            let tasks = work.tasks
            let counts = [tasks.pending, tasks.scheduled, tasks.queued, tasks.running, tasks.succeeded, tasks.failed]
            let measures = [CompactNumber.rate(work.throughput)] + [work.p50, work.p95, work.queueP95].map(CompactNumber.time)
            let oldest = work.oldest.map { WorkersCommand.age($0.age) } ?? "-"
            let workers = work.activeWorkers.map(Terminal.grouped) ?? "-"
            return [type.name] + counts.map(Terminal.grouped) + measures + [oldest, workers, Self.breaker(work)]
        }
        self.table = table
        styles = rows.map { $0.row.breaker != .closed || !$0.row.tasks.balances ? .bad : $0.row.isPaused ? .warning : .plain }
    }

    private init(workers: [(id: String, row: LiveWorkerRow)], by order: TopView.Order) {
        let rows = workers.sorted { one, other in
            switch order {
            case .name: one.id < other.id
            case .load: Self.isBefore((one.row.running, other.row.running), names: (one.id, other.id))
            case .work: Self.isBefore((one.row.done, other.row.done), names: (one.id, other.id))
            case .failed: Self.isBefore((one.row.failed, other.row.failed), names: (one.id, other.id))
            case .slowest: Self.isBefore((one.row.lastSeen, other.row.lastSeen), names: (one.id, other.id))
            }
        }
        var table = Table(
            headings: ["WORKER", "STATE", "TYPES", "HOST", "SLOTS", "RUNNING", "DONE", "FAILED", "HEARTBEAT", "VERSION"],
            numeric: Set(4...8), lesser: [9, 3, 4, 8, 6, 2]
        )
        table.rows = rows.map { id, worker in
            [
                Terminal.plain(id), Self.state(worker), Self.types(worker), Terminal.plain(worker.host),
                "\(worker.concurrency)", Terminal.grouped(worker.running), Terminal.grouped(worker.done), Terminal.grouped(worker.failed),
                CompactNumber.ago(Double(worker.lastSeen)), Terminal.plain(worker.version),
            ]
        }
        self.table = table
        let known: [String: Line.Style] = ["draining": .warning, "quiet": .warning, "silent": .bad, "left": .faint]
        styles = rows.map { known[$0.row.state] ?? .plain }
    }

    /// The most first, and those of the same number by their names.
    private static func isBefore<Number: Comparable, Name: Comparable>(_ numbers: (Number, Number), names: (Name, Name)) -> Bool {
        numbers.0 == numbers.1 ? names.0 < names.1 : numbers.0 > numbers.1
    }

    private static func types(_ worker: LiveWorkerRow) -> String {
        let more = worker.typeCount - worker.types.count
        return worker.types.map(\.name).joined(separator: ",") + (more > 0 ? " and \(more) more" : "")
    }

    /// A worker that takes tasks is `live`, as ``WorkersCommand`` says.
    private static func state(_ worker: LiveWorkerRow) -> String { worker.state == "alive" ? "live" : worker.state }

    private static func breaker(_ work: LiveTypeRow) -> String {
        let breaker = work.breaker.rawValue.replacing("_", with: " ")
        return work.isPaused ? work.breaker == .closed ? "paused" : "paused, \(breaker)" : breaker
    }

    /// The lines of the heading, and of each row.
    func lines(width: Int?) -> (heading: [Line], rows: [[Line]]) {
        let blocks = table.blocks(width: width)
        let rows = zip(blocks.dropFirst(), styles).map { lines, style in lines.map { Line($0, style) } }
        return (blocks[0].map { Line($0, .heading) }, rows)
    }
}

extension TaskCounts {
    /// Tasks that are accepted and do not run yet.
    var waiting: Int { [pending, scheduled, queued].saturatingSum }
}
