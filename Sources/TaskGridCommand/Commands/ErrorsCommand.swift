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
            taskgrid errors --json | jq .count

            Errors that differ in numbers, ids and quoted texts alone are counted together,
            with # or … in their place. 'taskgrid failed' and 'taskgrid retry' take such a
            text, whole, as --error:
              taskgrid retry --error 'invalid_input: element # is a string, not a number'
            """
    )

    @Argument(help: "Only tasks of this type; --type says the same.", completion: .gridTypes, transform: Arguments.type)
    var type: TaskType?
    @OptionGroup(title: "Which") var filter: FilterOptions
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
                if json {
                    for group in failures.largestFirst { try await Output.standard.line(JSON.encode(FailureGroupReport(group))) }
                } else {
                    let width = wide ? nil : Terminal.width(STDOUT_FILENO)
                    for line in Self.table(failures.largestFirst).lines(width: width) { try await Output.standard.line(line) }
                }
                if failures.others > 0 {
                    Terminal.tell("… \(Terminal.grouped(failures.others)) more tasks, of other kinds: narrow them by --type or --since\n")
                }
            }
        }
    }

    static func table(_ groups: [FailureGroup]) -> Table {
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
