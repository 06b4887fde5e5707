import ArgumentParser
import Foundation
import Monitor
import TaskGridClient
import TaskGridCore

/// Groups failed tasks by their errors.
struct ErrorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors",
        abstract: "Count the failed tasks by type and kind of error, the most frequent first.",
        usage: "taskgrid errors [<options>] [<type>]",
        discussion: """
            taskgrid errors
            taskgrid errors sum --since 1h
            taskgrid errors --limit 100 --json | jq .count

            Errors that differ in numbers, ids and quoted texts alone are counted together,
            with # or … in their place. 'taskgrid failed' and 'taskgrid retry' take such a
            text, whole, as --error:
              taskgrid retry --error 'invalid_input: element # is a string, not a number'
            """
    )

    @Argument(help: "Only tasks of this type; --type says the same.", completion: .gridTypes, transform: Arguments.type)
    var type: TaskType?
    @OptionGroup(title: "Which") var filter: FilterOptions
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many kinds of errors to show. (default: \(ListOptions.screenful))", valueName: "count"),
        transform: Arguments.number(1...Arguments.most))
    var limit = ListOptions.screenful
    @Flag(help: "Show errors whole, however wide the terminal is.")
    var wide = false
    @Flag(help: "Print JSON, a kind of error a line, as the monitor's /failures has it.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    mutating func validate() throws { try filter.take(type) }

    func run() async throws {
        try await Failure.reported {
            try await grid.withClient { client in
                let failures = try await client.failures(matching: filter.resolved(filter.filter, client))
                guard failures.total > 0 else {
                    if filter.type != nil { try await KnownTypes(client).check(filter.type) }
                    return Terminal.tell(FilterOptions.none("failed tasks\(filter.words)", filter.filter))
                }
                let groups = failures.largestFirst
                if json {
                    for group in groups.prefix(limit) { try await Output.standard.line(JSON.encode(FailureGroupReport(group))) }
                } else {
                    let width = wide ? nil : Terminal.width(STDOUT_FILENO)
                    for line in Self.table(groups.prefix(limit)).lines(width: width) { try await Output.standard.line(line) }
                }
                if let line = Self.more(groups.dropFirst(limit), others: failures.others) { Terminal.tell(line) }
            }
        }
    }

    /// The line about the kinds that are not shown; nil: all are.
    ///
    /// - Parameters:
    ///   - rest: those of them that were counted.
    ///   - others: the tasks of further kinds.
    static func more(_ rest: ArraySlice<FailureGroup>, others: Int) -> String? {
        let tasks = CommandOutcomeReport.tasks(rest.reduce(others) { $0 + $1.count })
        switch (rest.count, others) {
        case (0, 0): return nil
        case (0, _): return "… \(tasks) of more kinds: narrow them by --type or --since\n"
        case (let count, _):
            let kinds = "\(others > 0 ? "more than " : "")\(Terminal.grouped(count)) more kind\(count == 1 && others == 0 ? "" : "s")"
            return "… \(kinds) of errors, with \(tasks): raise --limit, or narrow them by --type or --since\n"
        }
    }

    static func table(_ groups: ArraySlice<FailureGroup>) -> Table {
        var table = Table(headings: ["COUNT", "TYPE", "FIRST", "LAST", "NEWEST", "ERROR"], numeric: [0, 4], lesser: [2, 3])
        table.rows = groups.map { group in
            [
                Terminal.grouped(group.count), group.type.name, "\(group.first.description.prefix(19))Z",
                "\(group.last.description.prefix(19))Z", "\(group.newest)", Terminal.plain(group.error),
            ]
        }
        return table
    }
}
