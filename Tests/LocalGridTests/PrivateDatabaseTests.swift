import Foundation
import TaskGridConfiguration
import TestSupport
import Testing

@testable import LocalGrid

@Suite("A private PostgreSQL", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(2)))
struct PrivateDatabaseTests {
    /// A folder that the database's user can come through.
    private func withFolder(_ name: String = "a database", _ body: (String) async throws -> Void) async throws {
        let parent = FileManager.default.temporaryDirectory.appending(path: "private database \(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        defer { try? FileManager.default.removeItem(atPath: parent) }
        try await body("\(parent)/\(name)")
    }

    @Test func `it starts on its port with its data again, after a stop and after a kill, and leaves nothing running`() async throws {
        try await withFolder { folder in
            let database = try PrivateDatabase(in: folder, installation: TestDatabase.installation())
            // What a start that was killed half-way may have left.
            try FileManager.default.createDirectory(atPath: database.data, withIntermediateDirectories: true)
            try "15\n".write(toFile: "\(database.data)/PG_VERSION", atomically: true, encoding: .utf8)
            try await database.prepare()
            #expect(DatabaseProcesses.list(database.data) == [])
            let password = try database.password()
            #expect(password.count == 40 && !database.url.contains(password))
            for _ in 0..<2 {
                try await database.start()
                #expect(await DatabaseProbe.answers(database.port))
                #expect(DatabaseProcesses.list(database.data).count > 1)
                await database.stop()
                #expect(DatabaseProcesses.list(database.data) == [])
                #expect(await !DatabaseProbe.answers(database.port))
                try await database.start()
                await database.kill()
                #expect(DatabaseProcesses.list(database.data) == [])
            }
            try await database.prepare()
            #expect(try database.password() == password)
            #expect(try mode("\(folder)/password") == 0o600 && mode("\(folder)/pgpass") == 0o600)
            #expect(try mode(database.data) == 0o700)
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/run/password"))
            let settings = try String(contentsOfFile: "\(database.data)/taskgrid.conf", encoding: .utf8)
            #expect(settings.contains("listen_addresses = '127.0.0.1'\n") && settings.contains("fsync = 'on'\n"))
            let access = try String(contentsOfFile: "\(database.data)/pg_hba.conf", encoding: .utf8).split(separator: "\n").filter {
                !$0.hasPrefix("#")
            }
            #expect(access.allSatisfy { $0.hasSuffix("scram-sha-256") } && !access.isEmpty)
        }
    }

    @Test func `a whole cluster's password is never replaced, and one that others may read is refused`() async throws {
        try await withFolder("database") { folder in
            let grid = GridFolder(URL(filePath: folder).deletingLastPathComponent().path)
            let database = try PrivateDatabase(in: grid.database, installation: TestDatabase.installation())
            #expect(!grid.hasDatabase)
            try await database.prepare()
            #expect(grid.hasDatabase)
            let password = try database.password()
            let file = database.passwordFile
            chmod(file, 0o644)
            let readable = await #expect(throws: LocalGridError.self) { try await database.prepare() }
            #expect(readable?.code == .folder && readable?.message.contains(file) == true, "\(readable?.message ?? "")")
            #expect(try database.password() == password)
            unlink(file)
            let missing = await #expect(throws: LocalGridError.self) { try await database.prepare() }
            #expect(missing?.code == .folder && missing?.message.contains(file) == true, "\(missing?.message ?? "")")
            #expect(!FileManager.default.fileExists(atPath: file))
        }
    }

    @Test func `a process in its folder that is not PostgreSQL's is left alone`() async throws {
        try await withFolder { folder in
            let database = try PrivateDatabase(in: folder, installation: TestDatabase.installation())
            try await database.prepare()
            let other = Process()
            other.executableURL = URL(filePath: "/bin/cat")
            other.currentDirectoryURL = URL(filePath: database.data)
            let input = Pipe()
            other.standardInput = input
            try other.run()
            try await database.start()
            await database.kill()
            #expect(DatabaseProcesses.list(database.data) == [])
            #expect(other.isRunning)
            try input.fileHandleForWriting.close()
            other.waitUntilExit()
            #expect(other.terminationReason == .exit && other.terminationStatus == 0)
        }
    }

    @Test(arguments: ["it's a \\ \"name\"", String(repeating: "long-", count: 30)])
    func `a folder of any name will do, and one too long for a socket has none`(name: String) async throws {
        try await withFolder(name) { folder in
            let primary = try PrivateDatabase(in: folder, name: "primary", installation: TestDatabase.installation())
            // A socket's path has at most 107 bytes (unix(7)), and this test's folder has some of them.
            #expect(primary.socketFolder.isEmpty == ("\(folder)/run/.s.PGSQL.65535.lock".utf8.count > 107))
            try await primary.prepare()
            try await primary.start()
            let standby = try PrivateDatabase(in: "\(folder) 2", name: "standby", installation: TestDatabase.installation())
            try await standby.prepare(asStandbyOf: primary)
            try await standby.start()
            #expect(try standby.password() == primary.password())
            await primary.kill()
            try await standby.promote()
            #expect(!FileManager.default.fileExists(atPath: "\(standby.data)/standby.signal"))
            await standby.stop()
        }
    }

    @Test func `a supervisor starts it anew when it dies`() async throws {
        try await withFolder { folder in
            let database = try PrivateDatabase(in: folder, installation: TestDatabase.installation())
            try await database.prepare()
            let (readies, ready) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(8))
            let supervisor = Supervisor(stages: [[database.process]]) { if case .ready = $0.what { ready.yield() } }
            try await withThrowingTaskGroup { group in
                group.addTask { try await supervisor.run() }
                var iterator = readies.makeAsyncIterator()
                #expect(await iterator.next() != nil)
                #expect(database.signal(SIGKILL) > 1)
                #expect(await iterator.next() != nil)
                group.cancelAll()
                try await group.waitForAll()
            }
            #expect(DatabaseProcesses.list(database.data) == [])
        }
    }

    @Test func `its sessions can be ended, and it runs on`() async throws {
        try await withFolder { folder in
            let database = try PrivateDatabase(in: folder, installation: try DatabaseInstallation.find())
            try await database.prepare()
            try await database.start()
            let server = try server(of: database)
            // It has asked for the password, and waits.
            let socket = try connected(to: database.port)
            defer { close(socket) }
            var byte: UInt8 = 0
            try #require(read(socket, &byte, 1) == 1 && byte == UInt8(ascii: "R"))
            #expect(database.endSessions() >= 1, "beside that of the look at whether it answers")
            var rest = [UInt8](repeating: 0, count: 4096)
            // The server closes it.
            while read(socket, &rest, rest.count) > 0 {}
            #expect(try self.server(of: database) == server)
            #expect(await DatabaseProbe.answers(database.port))
            await database.stop()
        }
    }

    @Test func `it can be frozen, and goes on as it was`() async throws {
        try await withFolder { folder in
            let database = try PrivateDatabase(in: folder, installation: try DatabaseInstallation.find())
            try await database.prepare()
            #expect(database.freeze() == 0)
            try await database.start()
            let server = try server(of: database)
            #expect(database.freeze() > 1)
            #expect(await !DatabaseProbe.answers(database.port))
            database.thaw()
            #expect(await DatabaseProbe.answers(database.port))
            #expect(try self.server(of: database) == server)
            // One that stands still is killed all the same.
            #expect(database.freeze() > 0)
            await database.kill()
            #expect(DatabaseProcesses.list(database.data) == [])
        }
    }

    /// The first process of a server that runs (PostgreSQL's manual, "Database File Layout").
    private func server(of database: PrivateDatabase) throws -> Substring {
        try #require(try String(contentsOfFile: "\(database.data)/postmaster.pid", encoding: .utf8).split(separator: "\n").first)
    }

    /// A connection that has sent its startup message.
    private func connected(to port: Int) throws -> Int32 {
        let socket = try #require(TCPSocket.connecting(to: SocketAddress(host: "127.0.0.1", port: port))).descriptor
        // This test waits for it.
        _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) & ~O_NONBLOCK)
        let message = DatabaseProbe.startup(user: DatabaseFiles.user)
        try #require(write(socket, message, message.count) == message.count)
        return socket
    }

    @Test func `errors say what is missing`() async throws {
        let none = #expect(throws: LocalGridError.self) { try DatabaseInstallation.find(in: "/nonexistent") }
        #expect(none?.code == .databaseMissing && none?.message.contains("/nonexistent") == true)
        try await withFolder { folder in
            let database = try PrivateDatabase(
                in: folder, installation: TestDatabase.installation(), settings: ["shared_buffers": "nonsense"])
            try await database.prepare()
            let error = await #expect(throws: LocalGridError.self) { try await database.start() }
            #expect(error?.code == .startFailed && error?.message.contains("shared_buffers") == true)
        }
    }

    @Test(.enabled(if: geteuid() == 0))
    func `a folder that the database's user cannot enter is refused`() async throws {
        try await withFolder { folder in
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let database = try PrivateDatabase(in: "\(folder)/inner", installation: TestDatabase.installation())
            let error = await #expect(throws: LocalGridError.self) { try await database.prepare() }
            #expect(error?.message.contains("cannot enter \(folder)") == true, "\(error?.message ?? "")")
        }
    }
}
