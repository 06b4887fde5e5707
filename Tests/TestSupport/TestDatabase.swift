import Foundation
package import LocalGrid

/// The PostgreSQL of this test run: started by the first test that asks for it, in a folder of its own, and gone with the process.
package enum TestDatabase {
    /// Tests that need PostgreSQL run where it is installed. Without it they are skipped on a laptop, and fail in CI.
    package static let isThereOrRequired = (try? installation()) != nil || ProcessInfo.processInfo.environment["CI"] != nil

    package static func installation() throws(LocalGridError) -> DatabaseInstallation {
        try DatabaseInstallation.find(in: ProcessInfo.processInfo.environment["TASKGRID_POSTGRES"])
    }

    private static let folder = FileManager.default.temporaryDirectory.appending(path: "postgres tests \(UUID().uuidString)").path

    /// Unstructured, because all tests of the run share it.
    private static let started = Task<PrivateDatabase, any Error> {
        atexit { TestDatabase.remove() }
        // Many tests run at once, and each store has up to four connections.
        let database = try PrivateDatabase(
            in: "\(folder)/shared", name: "shared", installation: installation(), settings: ["max_connections": "1000"])
        try makeOpenFolder()
        try await database.prepare()
        try await database.start()
        return database
    }

    /// The server that tests share. They change nothing but tables of their own.
    package static func shared() async throws -> PrivateDatabase { try await started.value }

    /// A server of the test's own, which it may kill; stopped and removed afterwards.
    package static func withServer<Value>(
        name: String = "own", settings: [String: String] = [:], _ body: (PrivateDatabase) async throws -> Value
    ) async throws -> Value {
        try makeOpenFolder()
        let own = "\(folder)/\(name)-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: own) }
        let database = try PrivateDatabase(in: own, name: name, installation: installation(), settings: settings)
        do {
            try await database.prepare()
            try await database.start()
            let value = try await body(database)
            await database.stop()
            return value
        } catch {
            await database.kill()
            throw error
        }
    }

    /// A standby of `primary`, prepared and not started.
    package static func standby(of primary: PrivateDatabase) async throws -> PrivateDatabase {
        let standby = try PrivateDatabase(
            in: "\(folder)/standby-\(UUID().uuidString.prefix(8))", name: "standby", installation: installation())
        try await standby.prepare(asStandbyOf: primary)
        return standby
    }

    /// The servers run as another user where this is root, and have to come through.
    private static func makeOpenFolder() throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
    }

    /// At the end of the process: the servers die with it, and leave their files.
    private static func remove() {
        let deadline = ContinuousClock.now + .seconds(20)
        while DatabaseProcesses.signal(folder, SIGKILL) > 0, ContinuousClock.now < deadline {
            // The kernel tells nobody but its parent of the end of a process.
            usleep(10_000)
        }
        try? FileManager.default.removeItem(atPath: folder)
    }
}
