import ArgumentParser
import Foundation
import TaskGridClient
import TaskGridCore

/// The types that the grid knows.
struct TypesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "types",
        abstract: "Show the types that are known, and forget those that nobody uses.",
        usage: "taskgrid types [list | forget]",
        discussion: """
            A type is known while a worker of it lives, while it has tasks or idempotency
            keys, or while it is paused. The grid forgets it an hour after the last use.
            """,
        subcommands: [TypesListCommand.self, TypesForgetCommand.self],
        defaultSubcommand: TypesListCommand.self
    )
}

/// Shows the types that are known.
struct TypesListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show the types that are known.",
        usage: "taskgrid types list [<options>]",
        discussion: """
            taskgrid types
            taskgrid types list --json | jq -r 'select(.workers == 0) | .type'
            """
    )

    @Flag(help: "Print JSON, an object a line: type, workers, open, ended.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            try await grid.withClient { client in
                let entries = Self.entries(try await client.counts(), try await client.workers())
                if json {
                    for entry in entries { try await Output.standard.line(JSON.encode(entry)) }
                } else if entries.isEmpty {
                    Terminal.tell("no types are known: start a worker, as with 'taskgrid worker reverse'\n")
                } else {
                    for line in Self.table(entries).lines(width: Terminal.width(STDOUT_FILENO)) { try await Output.standard.line(line) }
                }
            }
        }
    }

    struct Entry: Encodable, Hashable {
        var type: TaskType
        /// Those that live.
        var workers: Int
        /// Its tasks that have not ended.
        var open: Int
        /// Its tasks that have ended, those included that are not kept any more.
        var ended: Int
    }

    static func entries(_ counts: [TaskType: TaskCounts], _ workers: [LiveWorker]) -> [Entry] {
        let served = workers.countsByType
        return counts.sorted { $0.key < $1.key }.map { type, tasks in
            let open = tasks.pending + tasks.scheduled + tasks.queued + tasks.running
            return Entry(type: type, workers: served[type] ?? 0, open: open, ended: tasks.sum - open)
        }
    }

    static func table(_ entries: [Entry]) -> Table {
        Table(
            headings: ["TYPE", "WORKERS", "OPEN", "ENDED"], numeric: [1, 2, 3],
            rows: entries.map { [$0.type.name, "\($0.workers)", Terminal.grouped($0.open), Terminal.grouped($0.ended)] }
        )
    }
}

/// Forgets types.
struct TypesForgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Forget types that nobody uses, without waiting an hour.",
        usage: "taskgrid types forget [<options>] <type> ...",
        discussion: """
            Their counters stay in the totals. An empty work queue without a consumer is
            deleted. The type is known again when a worker registers it.
              taskgrid types forget revers

            The exit code is 0 if all are forgotten, 1 if one is in use, 3 if one is not
            known.
            """
    )

    @OptionGroup var types: TypeArguments
    @Flag(help: "Print JSON, an object a line: type, outcome (done, refused, unknown), reason.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            var isAnyLeft = false
            try await grid.withClient { client in
                var unknown: TaskType?
                for outcome in try await client.forget(types.types) {
                    if outcome.outcome == .unknown { unknown = unknown ?? outcome.type }
                    if outcome.outcome != .done { isAnyLeft = true }
                    try await Output.standard.line(json ? JSON.encode(outcome) : Data(Self.line(outcome).utf8))
                }
                if let unknown { throw try await KnownTypes(client).failure(unknown) }
            }
            if isAnyLeft { throw Failure(.failed, nil) }
        }
    }

    static func line(_ outcome: ForgetOutcome) -> String {
        let type = outcome.type
        switch (outcome.outcome, outcome.reason) {
        case (.done, _): return "\(type) is forgotten"
        case (.unknown, _): return "\(type) is not known"
        case (.refused, .workers): return "\(type) is in use: stop its workers first ('taskgrid workers \(type)')"
        case (.refused, .tasks):
            return "\(type) has tasks that have not ended: wait for them, or cancel them ('taskgrid tasks --type \(type)')"
        case (.refused, .paused): return "\(type) is paused: resume it first ('taskgrid resume \(type)')"
        case (.refused, .history), (.refused, nil):
            return "\(type) has ended tasks or idempotency keys that are kept: it goes once those are pruned"
        }
    }
}

extension [LiveWorker] {
    /// How many workers each type has.
    var countsByType: [TaskType: Int] {
        reduce(into: [:]) { counts, live in for type in live.worker.types { counts[type, default: 0] += 1 } }
    }
}
