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
              taskgrid store check --grid DIR       that of another folder
              taskgrid store check tasks.sqlite
              db='postgresql://grid@db1,db2/grid?target_session_attrs=read-write'
              taskgrid store check "$db"
              taskgrid store check --json | jq '.checks[] | select(.level != "ok")'

            Each type has a row: submitted is open + succeeded + failed + cancelled +
            expired, and TASKS+KEYS counts what the store has of it now: the tasks that it
            has not forgotten yet, and the keys of submissions. Of a database it also says
            whether a commit survives the loss of the server's power, and of the server.

            The exit code is 0 without problems, 1 with.
            """
    )

    @Argument(
        help: ArgumentHelp("A file, or a database's URL. (default: that of the grid in the folder)", valueName: "store"),
        completion: .file())
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
        var configuration = configuration
        if let store {
            guard let named = StoreLocation(store) else {
                throw Failure(.failed, "the store cannot be read: \(StoreLocation.problem)")
            }
            named.warnOfPassword()
            configuration.store = named
        } else {
            configuration = try configuration.withStoreOfFolder()
        }
        switch configuration.store ?? .file(configuration.folder.store) {
        case .file(let path): return try await SQLiteTaskStore.inspect(path: path)
        case .database(let url):
            return try await PostgresTaskStore.inspect(
                configuration.databaseSettings(url, as: "taskgrid store check", passwordOption: "--password-file"),
                schema: configuration.program.topology.prefix,
                logger: configuration.logger("taskgrid", default: .warning))
        }
    }
}
