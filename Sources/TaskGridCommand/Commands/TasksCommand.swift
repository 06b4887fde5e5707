import ArgumentParser
import Foundation
import TaskGridClient
import TaskGridCore

/// Finds tasks.
struct TasksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks",
        abstract: "Find tasks by type, state, time and error, the newest first.",
        usage: "taskgrid tasks [<options>] [<type>]",
        discussion: """
            taskgrid tasks
            taskgrid tasks sum --state failed --since 1h
            taskgrid tasks --text "no number" --limit 100 --wide
            taskgrid tasks --json --state running | jq -r .worker

            Times are in UTC, and are those at which the tasks were accepted. 'taskgrid
            status' shows a whole task, with each of its attempts.
            """
    )

    @OptionGroup var only: TypeArgument
    @Option(
        help: "Only those in this state: \(TaskState.allCases.map(\.name).joined(separator: ", ")).",
        completion: .list(TaskState.allCases.map(\.name)), transform: Self.state
    )
    var state: TaskState?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only those accepted then or later: how long ago, such as 1h, or a time (UTC).", valueName: "time"),
        transform: Arguments.moment
    )
    var since: Timestamp?
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only those accepted before then.", valueName: "time"), transform: Arguments.moment
    )
    var until: Timestamp?
    @Option(
        help: ArgumentHelp("Only those whose error has this text in it; letters from A to Z match in either case.", valueName: "words"),
        transform: Arguments.errorText)
    var text: String?
    @Option(help: FilterOptions.errorHelp)
    var error: String?
    @Option(help: ArgumentHelp("Only the one with this id.", valueName: "id"), transform: Arguments.id)
    var id: TaskID?
    @OptionGroup var list: ListOptions
    @OptionGroup(title: "Grid") var grid: GridOptions

    func validate() throws {
        if let since, let until, since >= until {
            throw ValidationError("--since \(since) is not before --until \(until): no task can have been accepted between them")
        }
    }

    var filter: TaskFilter {
        TaskFilter(
            type: only.type, state: state, createdSince: since, createdUntil: until, text: text,
            errorGroup: error.map(ErrorGroup.init(text:)))
    }

    func run() async throws {
        try await Failure.reported {
            try await grid.withClient { client in
                let shown = try await show(FilterOptions.resolved(filter, error: error, client), client)
                guard shown == 0 else { return }
                if only.type != nil { try await KnownTypes(client).check(only.type) }
                Terminal.tell("no tasks are like that\n")
            }
        }
    }

    private func show(_ filter: TaskFilter, _ client: GridClient) async throws -> Int {
        if let id { return try await show(id, filter, client) }
        let (shown, last, mayGoOn) = try await list.show(filter, client, table: Self.table)
        if mayGoOn, let last { Terminal.tell("there may be more: raise --limit, or go on with --before \(last)\n") }
        return shown
    }

    /// Shows the one task, if it is what else is asked for.
    private func show(_ id: TaskID, _ filter: TaskFilter, _ client: GridClient) async throws -> Int {
        let task: TaskRecord
        do throws(ClientError) {
            task = list.json ? try await client.status(id) : try await client.ask(TaskQuery(id: id))
        } catch {
            guard error.code == .unknownTask else { throw error }
            return 0
        }
        guard filter.matches(task), list.before.map({ id < $0 }) ?? true else { return 0 }
        if list.json {
            try await Output.standard.line(JSON.encode(TaskReport(task, [.settings, .payload, .result])))
        } else {
            for line in Self.table([task]).lines(width: list.width) { try await Output.standard.line(line) }
        }
        return 1
    }

    static func table(_ tasks: [TaskRecord]) -> Table {
        var table = Table(
            headings: ["ID", "TYPE", "STATE", "ACCEPTED AT", "ENDED AT", "ATTEMPTS", "WORKER", "ERROR"], numeric: [0, 5], free: [7],
            lesser: [6, 4, 5])
        func shown(_ time: Timestamp?) -> String { time.map { "\($0.description.prefix(19))Z" } ?? "-" }
        table.rows = tasks.map { task in
            [
                "\(task.id)", task.type.name, task.status.name, shown(task.created), shown(task.completed), "\(task.attempt)",
                Terminal.plain(task.worker ?? "-"), Terminal.plain(task.error?.description ?? ""),
            ]
        }
        return table
    }

    @Sendable static func state(_ text: String) throws -> TaskState {
        guard let state = TaskState(name: text) else {
            throw ValidationError("'\(text)' is no state: \(TaskState.allCases.map(\.name).joined(separator: ", "))")
        }
        return state
    }
}
