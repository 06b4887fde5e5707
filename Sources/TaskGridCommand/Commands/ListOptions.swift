import ArgumentParser
import Foundation
import TaskGridClient
import TaskGridCore

/// How a command lists tasks, the newest first.
struct ListOptions: ParsableArguments {
    /// About what fits on a screen.
    static let screenful = 20
    /// A table is set as a whole, and a long one in parts of so many tasks: its memory has a bound.
    private static let part = 1000

    @Option(
        parsing: .unconditional, help: ArgumentHelp("How many to show. (default: \(Self.screenful))", valueName: "count"),
        transform: Arguments.number(1...Arguments.most))
    var limit = Self.screenful
    @Option(help: ArgumentHelp("Go on after this task of an earlier list.", valueName: "id"), transform: Arguments.id)
    var before: TaskID?
    @Flag(help: "Show errors whole, however wide the terminal is.")
    var wide = false
    @Flag(help: "Print JSON, a task a line, with payload and result; of a task above 1 MiB these are cut, and marked.")
    var json = false

    /// The width of a table; nil: as wide as it is.
    var width: Int? { wide ? nil : Terminal.width(STDOUT_FILENO) }

    /// Shows the tasks that a filter means.
    ///
    /// - Parameters:
    ///   - filter: which tasks.
    ///   - client: the grid's client.
    ///   - table: some of them as a table.
    /// - Returns: how many were shown, the last one, and whether there may be more.
    func show(
        _ filter: TaskFilter, _ client: GridClient, table: ([TaskRecord]) -> Table
    ) async throws -> (shown: Int, last: TaskID?, mayGoOn: Bool) {
        if json {
            var lines = TaskJSONLines()
            try await lines.write(client, filter, before: before, limit: limit)
            if let notice = lines.notice { Terminal.tell(notice) }
            return (lines.shown, lines.last, lines.mayGoOn)
        }
        var (shown, last, mayGoOn) = (0, before, false)
        repeat {
            let part = min(Self.part, limit - shown)
            let tasks = try await client.tasks(matching: filter, before: last, limit: part, isBrief: true)
            if !tasks.isEmpty {
                for line in table(tasks).lines(width: width) { try await Output.standard.line(line) }
            }
            try await Output.standard.flush()
            shown += tasks.count
            last = tasks.last?.id ?? last
            mayGoOn = tasks.count == part
        } while mayGoOn && shown < limit
        return (shown, last, mayGoOn)
    }
}
