import ArgumentParser
import BuiltinWorkers
import Foundation
import TaskGridClient
import TaskGridCore

/// Shows the workers that live.
struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "Show the live workers.",
        usage: "taskgrid workers [<options>] [<type>]",
        discussion: """
            taskgrid workers
            taskgrid workers hash
            taskgrid workers --json | jq -r .worker.worker
            """
    )

    @OptionGroup var only: TypeArgument
    @Flag(help: "Print JSON, an object a line.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            try await grid.withClient { client in
                let workers = try await client.workers(only.type).sorted {
                    ($0.worker.types.first?.name ?? "", $0.worker.worker) < ($1.worker.types.first?.name ?? "", $1.worker.worker)
                }
                if workers.isEmpty, only.type != nil { try await KnownTypes(client).check(only.type) }
                if json {
                    for worker in workers { try await Output.standard.line(JSON.encode(LiveWorkerReport(worker))) }
                } else if workers.isEmpty {
                    Terminal.tell(Self.none(of: only.type))
                } else {
                    let lines = Self.table(workers, now: .now()).lines(width: Terminal.width(STDOUT_FILENO))
                    for line in lines { try await Output.standard.line(line) }
                }
            }
        }
    }

    static func none(of type: TaskType?) -> String {
        guard let type else { return "no workers live: start one, such as with 'taskgrid worker reverse'\n" }
        return
            "no workers live for \(type): start one\(BuiltinWorkers.names.contains(type.name) ? " with 'taskgrid worker \(type)'" : "")\n"
    }

    static func table(_ workers: [LiveWorker], now: Timestamp) -> Table {
        var table = Table(
            headings: ["WORKER", "TYPES", "SLOTS", "RUNNING", "WAITING", "DONE", "FAILED", "UP", "STATE"], numeric: [2, 3, 4, 5, 6, 7],
            lesser: [4, 2, 7, 6, 5, 3]
        )
        table.rows = workers.map { live in
            let worker = live.worker
            return [
                Terminal.plain(worker.worker), worker.types.map(\.name).joined(separator: ","), "\(worker.concurrency)",
                "\(worker.running.count)",
                "\(worker.waiting.count)", Terminal.grouped(worker.done), Terminal.grouped(worker.failed),
                worker.started.rawValue == 0 ? "-" : age(now - worker.started),
                worker.draining ? "draining" : worker.quiet ? "quiet" : "live",
            ]
        }
        return table
    }

    /// A duration in its two largest units, such as `3h12m`.
    static func age(_ duration: Duration) -> String {
        let seconds = max(0, Int(duration.seconds))
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3600: return "\(seconds / 60)m\(seconds % 60)s"
        case ..<86_400: return "\(seconds / 3600)h\(seconds % 3600 / 60)m"
        default: return "\(seconds / 86_400)d\(seconds % 86_400 / 3600)h"
        }
    }
}
