import TaskGridCore
import WebSupport

extension Route {
    static func workers(_ grid: GridState) -> Route {
        let state = RouteParameter.choice(
            "state", summary: "Only those that stand so.", schema: .workerState,
            of: WorkerStatistics.State.allCases.map { ($0.rawValue, $0) }
        )
        return .get(
            "/workers", id: "workers", summary: "Each worker, those that left within the last hour included.",
            parameters: [RouteParameter.type, state]
        ) { call in
            WorkersReport(grid.current, type: try call.value(of: .type), state: try call.value(of: state), at: grid.now())
        }
    }
}

/// The answer of `/workers`: each worker under its id, those that left within the last hour included.
struct WorkersReport: WebReport {
    static let schema = JSONSchema.object(["active_workers": .activeWorkers, "workers": .map(of: WorkerReport.schema)]).named("Workers")

    /// Those of the shown ones that hold a lease; null while that is not known.
    @Nullable var active: Int?
    var workers: [String: WorkerReport]

    enum CodingKeys: String, CodingKey {
        case active = "active_workers"
        case workers
    }

    /// The workers of `type`, and in `state`, where those are given.
    init(_ grid: GridState.Snapshot, type: TaskType? = nil, state: WorkerStatistics.State? = nil, at now: Timestamp) {
        let shown = grid.statistics.workers.filter { _, worker in
            (type.map(worker.worker.types.contains) ?? true) && (state.map { $0 == worker.state(at: now) } ?? true)
        }
        _active = Nullable(wrappedValue: grid.activeWorkers(at: now).map { _ in shown.values.count { $0.isActive(at: now) } })
        workers = shown.mapValues { WorkerReport($0, at: now) }
    }
}
