import TaskGridCore
import WebSupport

extension Route {
    static func types(_ grid: GridState) -> Route {
        .get("/types", id: "types", summary: "Each type as in /stats, and which workers run it.") { _ in
            TypesReport(grid.current, at: grid.now())
        }
    }
}

/// The answer of `/types`: the fields of `/stats` for each type, and the workers that run it.
struct TypesReport: WebReport {
    struct Entry: Encodable {
        fileprivate static let schema = TypeReport.schema(
            named: "TypeWork", with: ["workers": .array(of: .string).described("The ids of those that hold a lease.")])

        var work: TypeReport
        /// The ids of those that hold a lease, in their order.
        var workers: [String]

        private enum CodingKeys: String, CodingKey {
            case workers
        }

        func encode(to encoder: any Encoder) throws {
            try work.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(workers, forKey: .workers)
        }
    }

    static let schema = JSONSchema.object(["types": .map(of: Entry.schema)]).named("Types")

    var types: [TaskType: Entry]

    init(_ state: GridState.Snapshot, at now: Timestamp) {
        var workers: [TaskType: [String]] = [:]
        for (id, worker) in state.statistics.workers where worker.isActive(at: now) {
            for type in Set(worker.worker.types) { workers[type, default: []].append(id) }
        }
        types = StatisticsReport(state, at: now).types.reduce(into: [:]) { types, entry in
            types[entry.key] = Entry(work: entry.value, workers: workers[entry.key, default: []].sorted())
        }
    }
}
