import ArgumentParser
import Foundation
import Logging
import TaskGridConfiguration
import TaskGridCore
import TaskStore
import TaskStorePostgres
import TaskStoreSQLite

/// Compares a store's counters with its rows.
struct StoreCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Compare a store's counters with its rows, and say what is wrong and what to do.",
        usage: "taskgrid store check [<options>] [<store>]",
        discussion: """
            It writes nothing, and the dispatcher may be at work: all is read from one
            snapshot. It reads every row, and an SQLite file from its first page to its
            last, so it takes a while.

              taskgrid store check                  the store of taskgrid up
              taskgrid store check tasks.sqlite
              taskgrid store check postgresql://grid@db1,db2/grid
              taskgrid store check --json | jq '.checks[] | select(.level != "ok")'

            Each type has a row: submitted is open + succeeded + failed + cancelled +
            expired, and KEPT counts its rows. Of a database it also says whether a commit
            survives the loss of the server's power, and of the server.

            The exit code is 0 without problems, 1 with.
            """
    )

    @Argument(
        help: ArgumentHelp("A file, or a database's URL. (default: dispatcher.store)", valueName: "store"), completion: .file())
    var store: String?
    @Option(key: "dispatcher.store-password-file", names: .customLong("password-file"), completion: .file())
    var passwordFile: KeyArgument?
    @Option(key: "prefix") var prefix: KeyArgument?
    @Flag(help: "Print JSON, one object.")
    var json = false
    @OptionGroup(title: "Grid") var folder: FolderOptions

    func run() async throws {
        try await Failure.reported {
            let configuration = try await folder.configuration([passwordFile, prefix])
            let report = StoreReport(try await inspect(configuration))
            if json {
                try await Output.standard.line(report.json)
            } else {
                for line in report.lines(width: Terminal.width(STDOUT_FILENO)) { try await Output.standard.line(line) }
            }
            try await Output.standard.flush()
            // Everything has been said.
            if report.inspection.isDamaged { throw Failure(.failed, nil) }
        }
    }

    private func inspect(_ configuration: Configuration) async throws -> StoreInspection {
        var location = configuration.store ?? .file(configuration.folder.store)
        if let store {
            guard let named = StoreLocation(store) else {
                throw Failure(.failed, "the store cannot be read: \(StoreLocation.problem)")
            }
            named.warnOfPassword()
            location = named
        }
        switch location {
        case .file(let path): return try await SQLiteTaskStore.inspect(path: path)
        case .database(let url):
            return try await PostgresTaskStore.inspect(
                configuration.databaseSettings(url, as: "taskgrid store check"), schema: configuration.program.topology.prefix,
                logger: configuration.logger("taskgrid", default: .warning))
        }
    }
}
