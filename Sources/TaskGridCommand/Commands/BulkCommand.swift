import ArgumentParser
import Foundation
import Monitor
import TaskGridClient
import TaskGridCore

/// Shows and stops changes to many tasks.
struct BulkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bulk",
        abstract: "Show the retries and cancellations of many tasks, how far they are, and stop them.",
        discussion: """
            taskgrid bulk
            taskgrid bulk stop 0b7c55e1-3f0e-4d9b-9d0e-2f6d6c3a8f11

            'taskgrid retry' and 'taskgrid cancel' start them. They go on if that command
            ends, and after a restart of the dispatcher.
            """,
        subcommands: [List.self, Stop.self], defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List them, the newest first.")

        @Flag(help: "Print JSON, one a line, as the monitor's /bulk-actions has it.")
        var json = false
        @OptionGroup(title: "Grid") var grid: GridOptions

        func run() async throws {
            try await Failure.reported {
                try await grid.withClient { client in
                    let actions = try await client.bulkActions()
                    guard !actions.isEmpty else { return Terminal.tell("no bulk action was started of late\n") }
                    if json {
                        for action in actions { try await Output.standard.line(JSON.encode(BulkActionReport(action))) }
                    } else {
                        for line in BulkCommand.table(actions).lines(width: Terminal.width(STDOUT_FILENO)) {
                            try await Output.standard.line(line)
                        }
                    }
                }
            }
        }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "stop", abstract: "Stop one. The tasks that it has changed stay so.")

        @Argument(help: "Its id.")
        var id: String
        @OptionGroup(title: "Grid") var grid: GridOptions

        func run() async throws {
            try await Failure.reported {
                try await grid.withClient { client in
                    try await Output.standard.line(Self.line(try await client.stopBulk(id)))
                }
            }
        }

        /// The sentence about an action that was asked to stop.
        static func line(_ action: BulkAction) -> String {
            switch action.state {
            case .running, .stopped: BulkRun.sentence(action)
            case .finished, .exceeded: "it has ended already: \(BulkRun.sentence(action))"
            }
        }
    }

    static func table(_ actions: [BulkAction]) -> Table {
        var table = Table(headings: ["ID", "ACTION", "STATE", "DONE", "OF", "TYPE", "STARTED"], numeric: [3, 4], lesser: [6, 5])
        table.rows = actions.map { action in
            [
                Terminal.plain(action.id), action.kind.rawValue, action.state.rawValue, Terminal.grouped(action.done),
                Terminal.grouped(action.expected), action.filter.type?.name ?? "all", "\(action.started.description.prefix(19))Z",
            ]
        }
        return table
    }
}
