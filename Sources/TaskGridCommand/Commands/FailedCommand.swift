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

    /// The number at which the counting of the rest ends.
    private static let most = 10_000

    @Argument(help: "Only tasks of this type; --type says the same.", completion: .gridTypes, transform: Arguments.type)
    var type: TaskType?
    @OptionGroup(title: "Which") var filter: FilterOptions
    @OptionGroup var list: ListOptions
    @OptionGroup(title: "Grid") var grid: GridOptions

    mutating func validate() throws { try filter.take(type) }

    func run() async throws {
        try await Failure.reported {
            try await grid.withClient { client in
                let tasks = try await filter.resolved(filter.filter, client)
                let (shown, last, mayGoOn) = try await list.show(tasks, client, table: Self.table)
                guard shown > 0 else {
                    if filter.type != nil { try await KnownTypes(client).check(filter.type) }
                    let place = list.before.map { " before task \($0)" } ?? ""
                    return Terminal.tell(FilterOptions.none("failed tasks\(filter.words)\(place)", tasks))
                }
                guard mayGoOn, let last else { return }
                let rest = try await client.count(matching: tasks, before: last, upTo: Self.most)
                if rest > 0 { Terminal.tell(Self.more(rest, last: last)) }
            }
        }
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
