import ArgumentParser
import Foundation
import Logging
import Synchronization
import TaskGridConfiguration
import TaskGridCore
import TaskStore
import TaskStorePostgres
import TaskStoreSQLite
import UnixSignals

/// Moves a grid's record from an SQLite file to PostgreSQL.
struct StoreCopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Move a grid from an SQLite file to PostgreSQL.",
        usage: """
            taskgrid store copy [<options>] <file> <url>
            taskgrid store copy --abandon <file>
            """,
        discussion: """
            Stop the dispatcher, copy, and start it with the new store:
              db='postgresql://grid@db1,db2/grid?target_session_attrs=read-write'
              taskgrid store copy tasks.sqlite "$db"
              taskgrid store check "$db"
              taskgrid dispatcher --store "$db"

            The file is marked first: no dispatcher opens it any more, and one that still
            runs is refused. The database gets all of the record or nothing, in a schema
            with the name of the grid's prefix, which must be empty. Both are compared
            before that is committed. Then the file is marked as moved, for ever: delete it
            when you need it no more. Work that is handed out meanwhile runs again.

            A copy that fails, or Ctrl-C, leaves the file as it was. One that was killed is
            finished by calling it again, or taken back with --abandon. The password comes
            from --password-file, or from libpq's password file.
            """
    )

    @Argument(help: ArgumentHelp("The SQLite file that the grid leaves.", valueName: "file"), completion: .file())
    var source: String
    @Argument(help: ArgumentHelp("The database's URL, as dispatcher.store takes it.", valueName: "url"))
    var target: String?
    @Option(key: "dispatcher.store-password-file", names: .customLong("password-file"), completion: .file())
    var passwordFile: KeyArgument?
    @Option(key: "prefix") var prefix: KeyArgument?
    @Flag(help: "Take the mark of a copy back that was killed, after a look at its database, and go on with the file.")
    var abandon = false
    @Flag(help: "Print JSON, one object: copy, rows, url, schema, finished; or abandoned.")
    var json = false
    @OptionGroup(title: "Grid") var folder: FolderOptions

    func validate() throws {
        guard case .file? = StoreLocation(source) else { throw ValidationError("'\(source)' is no file: name the SQLite file first") }
        guard !abandon else {
            guard target == nil else { throw ValidationError("--abandon takes the file alone: the file knows where it was being moved") }
            return
        }
        guard let target else { throw ValidationError("the database's URL is missing: postgresql://user@host/database") }
        guard case .database? = StoreLocation(target) else {
            throw ValidationError(
                "the second argument is no database's URL, postgresql://user@host/database; in it @ and / of a name or a password are written "
                    + "as %40 and %2F")
        }
    }

    func run() async throws {
        try await Failure.reported {
            let configuration = try await folder.configuration([passwordFile, prefix])
            let source = try await SQLiteStoreSource(path: source)
            do {
                try await abandon ? takeBack(source, configuration) : copy(source, configuration)
            } catch {
                await source.close()
                throw error
            }
            await source.close()
        }
    }

    private func destination(_ url: String, schema: String, _ configuration: Configuration) -> PostgresStoreDestination {
        PostgresStoreDestination(
            configuration.databaseSettings(url, as: "taskgrid store copy", passwordOption: "--password-file"), schema: schema,
            logger: configuration.logger("taskgrid", default: .warning))
    }

    // MARK: Copying

    private func copy(_ source: SQLiteStoreSource, _ configuration: Configuration) async throws {
        guard let target, let location = StoreLocation(target), let shown = location.urlWithoutPassword else { return }
        location.warnOfPassword()
        let schema = configuration.program.topology.prefix
        let destination = destination(target, schema: schema, configuration)
        let move = StoreMove(id: UUID().uuidString.lowercased(), destination: shown, schema: schema, started: .now())
        let progress = ProgressBar("rows", isWanted: !json)
        let total = Atomic<Int64>(0)
        let copy = StoreCopy(from: source, to: destination, move: move) { (step) throws(StoreError) in
            switch step {
            case .marked(let rows): total.store(rows, ordering: .relaxed)
            case .written(let rows):
                let all = max(1, total.load(ordering: .relaxed))
                progress.advance(by: rows, share: Double(rows) / Double(all))
            case .compared: progress.note("compared, committing")
            case .committed: progress.note("committed")
            }
        }
        let result = await Self.interruptible { () async throws(StoreError) in try await copy.run() }
        progress.clear()
        await destination.close()
        try await report(try result.get())
    }

    private func report(_ outcome: StoreCopy.Outcome) async throws {
        struct Document: Encodable {
            let copy: String
            /// Null: an earlier call had written them.
            let rows: Int64?
            let url: String
            let schema: String
            let finished: Timestamp?
        }
        let move = outcome.move
        if json {
            return try await Output.standard.line(
                JSON.encode(
                    Document(copy: move.id, rows: outcome.rows, url: move.destination, schema: move.schema, finished: move.finished)))
        }
        let rows = outcome.rows.map { "\(Terminal.grouped(Int($0))) rows are" } ?? "the rows of an earlier call are"
        try await Output.standard.line("\(rows) in \(move.destination), schema '\(move.schema)'; no dispatcher opens \(source) any more")
        var options = ["--store", move.destination]
        if let passwordFile { options += ["--store-password-file", passwordFile.text] }
        if move.schema != Topology.defaultPrefix { options += ["--prefix", move.schema] }
        let words = options.map { "\(ShellWord($0))" }.joined(separator: " ")
        try await Output.standard.line("start the dispatcher with: taskgrid dispatcher \(words)")
    }

    /// Runs `body`, and cancels it at Ctrl-C or SIGTERM: it ends in order, and says what it left.
    private static func interruptible<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(StoreError) -> Value
    ) async -> Result<Value, StoreError> {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        // Unstructured: the task that waits for signals cancels it, and it is awaited here.
        let work = Task { () async -> Result<Value, StoreError> in
            do throws(StoreError) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in signals { return work.cancel() }
            }
            let result = await work.value
            group.cancelAll()
            return result
        }
    }

    // MARK: Taking back

    private func takeBack(_ source: SQLiteStoreSource, _ configuration: Configuration) async throws {
        guard let move = try await source.move() else {
            throw Failure(.failed, "\(self.source) is not being moved, and a dispatcher may use it: there is nothing to take back")
        }
        let destination = destination(move.destination, schema: move.schema, configuration)
        do {
            _ = try await source.abandonMove(to: destination)
        } catch {
            await destination.close()
            throw error
        }
        await destination.close()
        struct Document: Encodable {
            let abandoned: String
        }
        guard !json else { return try await Output.standard.line(JSON.encode(Document(abandoned: move.id))) }
        try await Output.standard.line(
            "\(self.source) is as it was before its move to \(move.destination) (schema '\(move.schema)'): a dispatcher may use it again")
    }
}
