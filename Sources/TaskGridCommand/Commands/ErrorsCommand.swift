import ArgumentParser
import Foundation
import TaskGridClient
import TaskGridCore

/// Groups failed tasks by their errors.
struct ErrorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors",
        abstract: "Count the failed tasks by type and kind of error, the most frequent first.",
        usage: "taskgrid errors [<options>]",
        discussion: """
            taskgrid errors
            taskgrid errors --type sum --since 1h
            taskgrid errors --json | jq .count

            Errors that differ in numbers and ids alone are counted together, with # in
            their place. 'taskgrid failed' and 'taskgrid retry' take such a text as
            --error:
              taskgrid retry --type sum --error 'invalid_input: element # is a string'
            """
    )

    @OptionGroup(title: "Which") var filter: FilterOptions
    @Flag(help: "Show errors whole, however wide the terminal is.")
    var wide = false
    @Flag(help: "Print JSON, a kind of error a line: type, error, count, example, newest, first and last.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            try await grid.withClient { client in
                let failures = try await client.failures(matching: filter.filter)
                guard failures.total > 0 else {
                    if filter.type != nil { try await KnownTypes(client).check(filter.type) }
                    return Terminal.tell("no failed tasks\(filter.words)\n")
                }
                if json {
                    for group in failures.largestFirst { try await Output.standard.line(JSON.encode(group)) }
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
