import ArgumentParser
import Foundation
import TaskGridClient
import TaskGridCore

/// Lists tasks that failed.
struct FailedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "failed",
        abstract: "List the tasks that ended as failed, the newest first, with their errors.",
        usage: "taskgrid failed [<options>] [<type>]",
        discussion: """
            taskgrid failed
            taskgrid failed sum --since 1h
            taskgrid failed --since 2026-11-23T10:00 --until 2026-11-23T12:00
            taskgrid failed --text "no number" --limit 100 --wide
            taskgrid failed --json | jq -r .error

            Times are in UTC, and are those at which the tasks ended. Once the cause is
            fixed, 'taskgrid retry' takes the same options and retries the tasks.
            """
    )

    /// About what fits on a screen.
    static let screenful = 20
    /// The number at which the counting of the rest ends.
    private static let most = 10_000

    @Argument(help: "Only tasks of this type; --type says the same.", completion: .gridTypes, transform: Arguments.type)
    var type: TaskType?
    @OptionGroup(title: "Which") var filter: FilterOptions
    @Option(
        parsing: .unconditional, help: ArgumentHelp("How many to show. (default: \(Self.screenful))", valueName: "count"),
        transform: Arguments.number(1...Arguments.most))
    var limit = Self.screenful
    @Option(help: ArgumentHelp("Go on after this task of an earlier list.", valueName: "id"), transform: Arguments.id)
    var before: TaskID?
    @Flag(help: "Show errors whole, however wide the terminal is.")
    var wide = false
    @Flag(help: "Print JSON, a task a line.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    mutating func validate() throws { try filter.take(type) }

    func run() async throws {
        try await Failure.reported {
            try await grid.withClient { client in
                let tasks = try await filter.resolved(filter.filter, client)
                let (shown, last) = try await show(tasks, client)
                guard shown > 0 else {
                    if filter.type != nil { try await KnownTypes(client).check(filter.type) }
                    let place = before.map { " before task \($0)" } ?? ""
                    return Terminal.tell(FilterOptions.none("failed tasks\(filter.words)\(place)", tasks))
                }
                guard let last, shown == limit else { return }
                let rest = try await client.count(matching: tasks, before: last, upTo: Self.most)
                if rest > 0 { Terminal.tell(Self.more(rest, last: last)) }
            }
        }
    }

    /// Shows the tasks; answers how many, and the last one's id.
    private func show(_ filter: TaskFilter, _ client: GridClient) async throws -> (Int, TaskID?) {
        if json {
            var lines = TaskJSONLines()
            try await lines.print(client, filter, before: before, limit: limit)
            if let notice = lines.notice { Terminal.tell(notice) }
            return (lines.shown, lines.last)
        }
        let width = wide ? nil : Terminal.width(STDOUT_FILENO)
        var shown = 0
        var last = before
        while shown < limit {
            // A table is set as a whole, and a long one in parts: its memory has a bound.
            let part = min(1000, limit - shown)
            let tasks = try await client.tasks(matching: filter, before: last, limit: part, isBrief: true)
            if !tasks.isEmpty {
                for line in Self.table(tasks).lines(width: width) { try await Output.standard.line(line) }
            }
            try await Output.standard.flush()
            shown += tasks.count
            last = tasks.last?.id ?? last
            if tasks.count < part { break }
        }
        return (shown, last)
    }

    static func table(_ tasks: [TaskRecord]) -> Table {
        var table = Table(
            headings: ["ID", "TYPE", "FAILED AT", "ATTEMPTS", "WORKER", "ERROR"], numeric: [0, 3], free: [5], lesser: [4, 3])
        table.rows = tasks.map { task in
            [
                "\(task.id)", task.type.name, task.completed.map { "\($0.description.prefix(19))Z" } ?? "", "\(task.attempt)",
                Terminal.plain(task.worker ?? "-"), Terminal.plain(task.error?.description ?? "no reason given"),
            ]
        }
        return table
    }

    /// The line about the tasks that are not shown.
    static func more(_ rest: Int, last: TaskID) -> String {
        let number = rest >= most ? "more than \(Terminal.grouped(most))" : Terminal.grouped(rest)
        return "… \(number) more: raise --limit, or go on with --before \(last)\n"
    }
}
