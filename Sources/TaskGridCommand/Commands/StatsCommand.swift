import ArgumentParser
import Foundation
import TaskGridClient
import TaskGridCore

/// Shows how the tasks of each type stand.
struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show the tasks of each type by state, and its workers.",
        usage: "taskgrid stats [<options>] [<type>]",
        discussion: """
            taskgrid stats
            taskgrid stats hash
            taskgrid stats --json | jq .types.hash.tasks.failed

            'taskgrid top' and the dashboard have rates and times.
            """
    )

    @OptionGroup var only: TypeArgument
    @Flag(help: "Print JSON.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            try await grid.withClient { client in
                let counts = try await client.allCounts()
                let workers = try await client.workers(only.type)
                try KnownTypes(counts.types, workers).check(only.type)
                let report = Report(counts, workers, only: only.type)
                if json { return try await Output.standard.line(JSON.encode(report)) }
                guard !report.types.isEmpty else {
                    return Terminal.tell("no types are known: start a worker, as with 'taskgrid worker reverse'\n")
                }
                for line in Self.table(report).lines(width: Terminal.width(STDOUT_FILENO)) { try await Output.standard.line(line) }
            }
        }
    }

    /// The report that is shown, and printed as JSON.
    struct Report: Encodable {
        struct Entry: Encodable {
            var tasks: TaskCounts
            var workers: Int
            /// Those of the workers that take tasks: they are not quiet, and do not drain.
            var takingWorkers: Int
            var paused: Bool
            var pausedUntil: String?
            var breaker: BreakerState

            enum CodingKeys: String, CodingKey {
                case tasks, workers, paused, breaker
                case pausedUntil = "paused_until"
            }
        }

        var store: String
        var types: [TaskType: Entry]
        /// The counters of the types that were forgotten.
        var forgotten: TaskCounts?

        init(_ counts: CountsQuery.Answer, _ workers: [LiveWorker], only type: TaskType?) {
            store = counts.store
            if type == nil { forgotten = counts.forgotten }
            types = [:]
            let served = workers.countsByType
            let taking = workers.filter(\.worker.takesTasks).countsByType
            // A type that has workers and no tasks yet is one too.
            for name in Set(counts.types.keys).union(served.keys) where type == nil || type == name {
                types[name] = Entry(
                    tasks: counts.types[name] ?? TaskCounts(), workers: served[name] ?? 0, takingWorkers: taking[name] ?? 0,
                    paused: counts.paused?.contains(name) ?? false,
                    pausedUntil: counts.pausedUntil?[name]?.description,
                    breaker: counts.breakers?[name] ?? .closed
                )
            }
        }
    }

    static func table(_ report: Report) -> Table {
        var table = Table(
            headings: [
                "TYPE", "WORKERS", "PENDING", "SCHEDULED", "QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "STATE",
            ],
            numeric: Set(1...9), lesser: [9, 8, 3, 4, 1, 6, 5]
        )
        table.rows = report.types.sorted { $0.key < $1.key }.map { type, entry in
            let tasks = entry.tasks
            let numbers = [
                entry.workers, tasks.pending, tasks.scheduled, tasks.queued, tasks.running, tasks.succeeded, tasks.failed, tasks.cancelled,
                tasks.expired,
            ]
            return [type.name] + numbers.map(Terminal.grouped) + [state(entry)]
        }
        if let forgotten = report.forgotten, forgotten.submitted > 0 {
            let numbers = [0, 0, 0, 0, 0, forgotten.succeeded, forgotten.failed, forgotten.cancelled, forgotten.expired]
            table.rows.append(["(forgotten types)"] + numbers.map(Terminal.grouped) + [""])
        }
        return table
    }

    private static func state(_ entry: Report.Entry) -> String {
        let waiting = entry.tasks.pending + entry.tasks.scheduled + entry.tasks.queued
        let hindrances = [
            entry.paused ? "paused\(entry.pausedUntil.map { " until \($0.prefix(19))Z" } ?? "")" : nil,
            entry.breaker == .closed ? nil : "breaker \(entry.breaker == .open ? "open" : "half open")",
            entry.takingWorkers > 0 || waiting == 0 ? nil : entry.workers == 0 ? "no worker" : "no worker takes tasks",
        ].compactMap { $0 }
        return hindrances.isEmpty ? "ok" : hindrances.joined(separator: ", ")
    }
}
