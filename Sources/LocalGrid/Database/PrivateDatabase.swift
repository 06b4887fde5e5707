package import Foundation
import Synchronization
import TaskGridConfiguration

/// A PostgreSQL for one grid or one test alone: on the loopback, with its own data, role, password and port.
///
/// Root cannot run it: there it runs as the user `postgres`. It is a child process, for a ``Supervisor`` or for ``start()`` and ``stop()``,
/// and dies with this process.
package final class PrivateDatabase: Sendable {
    /// Names it in logs, and to its primary.
    package let name: String
    package let port: Int
    private let installation: DatabaseInstallation
    private let files: DatabaseFiles
    private let processes = RunningProcesses()
    private let state: Mutex<State>

    private struct State {
        /// Settings beside those of every private database.
        var settings: [String: String]
        var run: Task<ProcessEvent.Ending, Never>?
    }

    /// - Parameters:
    ///   - folder: its folder, which is made where it is missing.
    ///   - name: names it in logs and to its primary.
    ///   - installation: the PostgreSQL.
    ///   - port: where it listens; nil: on a free port, which stays the same for this object.
    ///   - settings: settings of the server, such as `["synchronous_commit": "remote_apply"]`.
    /// - Throws: `LocalGridError` where there is no port, or no user to run it as.
    package init(
        in folder: String, name: String = "database", installation: DatabaseInstallation, port: Int? = nil, settings: [String: String] = [:]
    ) throws(LocalGridError) {
        self.name = name
        self.installation = installation
        if let port { self.port = port } else { self.port = try LoopbackPort.free(besides: []) }
        files = DatabaseFiles(folder: URL(filePath: folder).standardizedFileURL.path, account: try DatabaseAccount.find())
        state = Mutex(State(settings: settings))
    }

    /// How its owner connects. The password is in a file, not here.
    package var url: String { url(host: "127.0.0.1:\(port)") }

    /// The same for several hosts.
    ///
    /// - Parameter host: hosts as a URL has them, `127.0.0.1:5432,127.0.0.1:5433`.
    package func url(host: String) -> String {
        let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "/-._"))
        let passfile = files.passfile.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
        return "postgresql://\(DatabaseFiles.user)@\(host)/postgres?passfile=\(passfile)"
    }

    /// The folder of its data.
    package var data: String { files.data }
    /// The folder of its socket; empty where the path would be too long for one.
    package var socketFolder: String { files.socketFolder }
    /// The role's password.
    package func password() throws -> String { try String(contentsOfFile: passwordFile, encoding: .utf8) }
    /// The file of the role's password, as `dispatcher.store-password-file` takes it.
    package var passwordFile: String { files.password }

    // MARK: Its data

    /// Makes an empty cluster where there is none, with checksums and UTF-8, and writes its settings.
    package func prepare() async throws(LocalGridError) {
        try files.makeFolders()
        try await DatabaseProcesses.end(files.data)
        let password = try files.preparePassword()
        defer { files.removeInitialPassword() }
        if !files.isThere {
            try files.clear()
            try await runOnce(
                "initdb",
                [
                    "--pgdata", files.data, "--username", DatabaseFiles.user, "--pwfile", password, "--auth", "scram-sha-256", "--encoding",
                    "UTF8", "--locale", "C", "--data-checksums",
                ])
            try files.includeSettings()
            try files.markComplete()
        }
        try writeSettings()
    }

    /// Copies a running database, to follow it from the next start on.
    ///
    /// - Parameter primary: the database to follow.
    package func prepare(asStandbyOf primary: PrivateDatabase) async throws(LocalGridError) {
        try files.makeFolders()
        try await DatabaseProcesses.end(files.data)
        _ = try files.preparePassword(of: primary.files)
        files.removeInitialPassword()
        let connection = files.primaryConnection(port: primary.port, name: name)
        if !files.isThere {
            try files.clear()
            try await runOnce(
                "pg_basebackup",
                ["--pgdata", files.data, "--dbname", connection, "--wal-method", "stream", "--checkpoint", "fast", "--no-password"])
            try files.markComplete()
        }
        state.withLock { $0.settings["primary_conninfo"] = connection }
        try writeSettings()
        try files.markStandby()
    }

    /// Puts a file into the data folder, such as a certificate.
    package func install(_ contents: Data, as name: String) throws(LocalGridError) {
        try files.account.write(contents, to: "\(files.data)/\(name)")
    }

    /// Changes settings of the server; one that runs reads them at once, except for those that count from a start on.
    package func configure(_ settings: [String: String]) throws(LocalGridError) {
        state.withLock { $0.settings.merge(settings) { $1 } }
        try writeSettings()
        processes.kill(name, with: SIGHUP)
    }

    private func writeSettings() throws(LocalGridError) {
        let own = [
            "listen_addresses": "127.0.0.1", "port": String(port), "unix_socket_directories": files.socketSetting, "fsync": "on",
            "password_encryption": "scram-sha-256", "logging_collector": "off", "log_destination": "stderr", "wal_level": "replica",
            "wal_keep_size": "256MB", "hot_standby": "on", "cluster_name": name,
        ]
        try files.write(own.merging(state.withLock { $0.settings }) { $1 })
    }

    // MARK: Its process

    /// The server, for a ``Supervisor``. It has been prepared.
    package var process: ChildProcess {
        let command = files.account.command(installation.program("postgres"), ["-D", files.data], orphaned: "INT")
        let port = port
        var process = ChildProcess(
            name: name, executable: command.executable, arguments: command.arguments, environment: .exactly(Self.environment),
            workingDirectory: files.folder, log: files.log, readiness: .probe { await DatabaseProbe.answers(port) },
            readyWithin: .seconds(120), stopWithin: .seconds(30), whenOrphaned: .terminated)
        process.stopSignal = .interrupt
        return process
    }

    /// Starts the server, and returns when it takes connections.
    ///
    /// - Throws: `LocalGridError` with the end of its log where it does not.
    package func start() async throws(LocalGridError) {
        await stop()
        try await DatabaseProcesses.end(files.data)
        let (readies, ready) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
        let process = process
        // Unstructured, because it outlives this call; `stop()` and `kill()` end it.
        let run = Task { [processes] in
            let ending = await ChildRun(child: process).run(processes) { _ in ready.yield() }
            ready.finish()
            return ending
        }
        state.withLock { $0.run = run }
        for await _ in readies { return }
        run.cancel()
        let ending = await run.value
        throw LocalGridError(
            .startFailed, "\(name) \(ending) before it was ready; see \(files.log), which ends:\n\(LogFile.tail(files.log))")
    }

    /// Stops the server in order; its clients are cut off.
    package func stop() async {
        guard let run = state.withLock({ $0.run.take() }) else { return }
        run.cancel()
        _ = await run.value
    }

    /// Kills all its processes at once, as a machine that loses its power.
    package func kill() async {
        let run = state.withLock { $0.run.take() }
        // The next start finds those that the kernel does not end, and says so.
        try? await DatabaseProcesses.end(files.data)
        _ = await run?.value
    }

    /// Sends a signal to all its processes, such as SIGSTOP.
    ///
    /// - Returns: how many there were.
    @discardableResult
    package func signal(_ signal: Int32) -> Int { DatabaseProcesses.signal(files.data, signal) }

    /// Stops all its processes, as a machine that stands still: nothing answers, and no connection ends. They go on at the latest when this
    /// process exits or is killed.
    ///
    /// - Returns: how many there were.
    package func freeze() -> Int { FrozenDatabases.freeze(files.data) }

    /// Has its processes go on.
    package func thaw() { FrozenDatabases.thaw(files.data) }

    /// Ends all sessions of clients, as an administrator does with `pg_terminate_backend`. The server runs on.
    ///
    /// - Returns: how many there were.
    package func endSessions() -> Int { DatabaseProcesses.endSessions(files.data) }

    /// Makes a standby a primary, and returns when it is one.
    package func promote() async throws(LocalGridError) {
        try await runOnce("pg_ctl", ["promote", "--pgdata", files.data, "--wait"])
    }

    private func runOnce(_ program: String, _ arguments: [String]) async throws(LocalGridError) {
        let command = files.account.command(installation.program(program), arguments)
        let child = ChildProcess(
            name: program, executable: command.executable, arguments: command.arguments, environment: .exactly(Self.environment),
            workingDirectory: files.folder, log: "\(files.folder)/\(program).log")
        let ending = await ChildRun(child: child).run { _ in }
        guard ending == .exited(code: 0) else {
            throw LocalGridError(.startFailed, "\(program) \(ending); see \(child.log), which ends:\n\(LogFile.tail(child.log))")
        }
    }

    private static let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C", "LC_ALL": "C", "TZ": "UTC"]
}
