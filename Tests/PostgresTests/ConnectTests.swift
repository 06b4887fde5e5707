import Foundation
import LocalGrid
import Logging
import Postgres
import TestSupport
import Testing

@Suite("Connecting to PostgreSQL", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(2)))
struct ConnectTests {
    @Test func `a session says who it is, and no time limit would cancel a commit`() async throws {
        try await withConnection { connection in
            #expect(connection.isConnected)
            let name = try await connection.value(String.self, "current_setting('application_name')")
            #expect(name == "taskgrid tests")
            #expect(try await connection.value(String.self, "current_setting('statement_timeout')") == "0")
            #expect(try await connection.value(String.self, "current_setting('client_encoding')") == "UTF8")
        }
    }

    @Test func `a session has the parameters of its settings, whatever the role's are`() async throws {
        let role = uniqueTable("role")
        var changed = try await settings()
        try await withConnection(changed) { connection in
            try await connection.sql("CREATE ROLE \(role) LOGIN PASSWORD 'x' ")
            try await connection.sql("ALTER ROLE \(role) SET statement_timeout = '1s'")
            try await connection.sql("ALTER ROLE \(role) SET synchronous_commit = off")
        }
        changed.conninfo = changed.conninfo.replacing("taskgrid@", with: "\(role)@")
        changed.parameters = ["synchronous_commit": "on"]
        changed.readPassword = { "x" }
        try await withConnection(changed) { connection in
            let timeout = try await connection.value(String.self, "current_setting('statement_timeout')")
            #expect(timeout == "0")
            #expect(try await connection.value(String.self, "current_setting('synchronous_commit')") == "on")
        }
        changed.parameters = ["statement_timeout": "5s"]
        await expectFailure(changed, .badSettings, "statement_timeout")
        changed.parameters = ["no_such_parameter": "1"]
        await expectFailure(changed, .refused, "no_such_parameter")
    }

    @Test func `a wrong password is refused, and occurs in no error and no log`() async throws {
        let database = try await TestDatabase.shared()
        let secret = "hunter2-\(UUID().uuidString)"
        let lines = Journal<LogLine>()
        for conninfo in [
            "postgresql://taskgrid:\(secret)@127.0.0.1:\(database.port)/postgres",
            "host=127.0.0.1 port=\(database.port) user=taskgrid dbname=postgres password='\(secret)'",
        ] {
            let error = await expectFailure(
                PostgresSettings(conninfo: conninfo), .accessRefused, "password authentication failed", logger: Logger(into: lines))
            #expect(error?.sqlState == "28P01" && error?.outcome == .notCommitted)
            #expect(!"\(String(reflecting: error))".contains(secret))
        }
        #expect(lines.entries.allSatisfy { !"\($0)".contains(secret) })
    }

    @Test(arguments: [
        "postgresql://user:hunter2%zz@host/db", "postgresql://user:hunter2@host:port:5/db", "hunter2", "host=a password=hunter2 nonsense",
        "postgresql://user:hunter2@a/db?sslmode=none", "postgresql://a,b:1,2:2/db?password=hunter2&port=1,2",
        "mysql://user:hunter2@host/db",
        "service=there-is-none-such password=hunter2", "postgresql://user:hunter2@127.0.0.1:1/db?hunter2=1",
    ])
    func `settings that libpq cannot use are an error without the password`(conninfo: String) async throws {
        let error = await expectFailure(PostgresSettings(conninfo: conninfo), .badSettings, "cannot be used", "no connection")
        #expect(error?.message.contains("hunter2") == false, "\(error?.message ?? "")")
    }

    @Test func `the reader of the password is asked each time, and its error is the connection's`() async throws {
        let database = try await TestDatabase.shared()
        let password = Journal<String>()
        var changed = PostgresSettings(conninfo: "postgresql://taskgrid@127.0.0.1:\(database.port)/postgres")
        changed.readPassword = { () throws(PostgresError) in
            guard let last = password.entries.last else { throw PostgresError(.badSettings, "there is no password file") }
            return last
        }
        try await withConnection(changed, isConnected: false) { connection in
            let missing = await #expect(throws: PostgresError.self) { try await connection.connect() }
            #expect(missing?.message == "there is no password file")
            password.add("wrong")
            let wrong = await #expect(throws: PostgresError.self) { try await connection.connect() }
            #expect(wrong?.code == .accessRefused)
            password.add(try database.password())
            try await connection.connect()
            try await connection.connect()
            #expect(connection.isConnected)
        }
    }

    @Test(arguments: [(nil, "No such file"), (0o644, "mode 644"), (0o600, "is empty")] as [(Int?, String)])
    func `where a password is missing the error says what is wrong with libpq's password file`(mode: Int?, fault: String) async throws {
        let port = try await TestDatabase.shared().port
        let file = FileManager.default.temporaryDirectory.appending(path: "passfile-\(UUID().uuidString)").path
        if let mode { #expect(FileManager.default.createFile(atPath: file, contents: Data(), attributes: [.posixPermissions: mode])) }
        defer { unlink(file) }
        var changed = PostgresSettings(conninfo: "host=127.0.0.1 port=\(port) user=taskgrid dbname=postgres passfile=\(file)")
        changed.passwordSetting = "--password-file"
        let error = await expectFailure(changed, .noPassword, "password file \(file) ")
        #expect(error?.message.contains(fault) == true && error?.message.contains("give a password by --password-file") == true)
        #expect(error?.message.contains("pg_hba") == false)
    }

    @Test func `the log names the server that the session is with, of all that the settings name`() async throws {
        let database = try await TestDatabase.shared()
        let lines = Journal<LogLine>()
        try await withConnection(
            settings(database.url(host: "127.0.0.1:1,localhost:\(database.port)")), logger: Logger(into: lines)
        ) { _ in }
        let line = try #require(lines.entries.first { $0.message == "connected to PostgreSQL" })
        #expect(line.metadata["postgres.server"] == "taskgrid@localhost:\(database.port)/postgres")
        #expect(line.metadata["postgres.address"] == "127.0.0.1")
    }

    @Test func `an unknown database and an unknown role are told apart`() async throws {
        let url = try await TestDatabase.shared().url
        await expectFailure(PostgresSettings(conninfo: url.replacing("/postgres?", with: "/nowhere?")), .unknownDatabase, "nowhere")
        var other = PostgresSettings(conninfo: url.replacing("taskgrid@", with: "nobody@"))
        other.readPassword = { "x" }
        await expectFailure(other, .accessRefused, "nobody")
    }

    @Test func `nobody at the address is an error that asks whether it runs`() async throws {
        let error = await expectFailure(PostgresSettings(conninfo: "postgresql://x@127.0.0.1:1/db"), .unreachable, "is it running?")
        #expect(error?.message.contains("x@127.0.0.1:1/db") == true)
        await expectFailure(PostgresSettings(conninfo: "host=/nonexistent user=x"), .unreachable, "/nonexistent")
    }

    @Test func `of several hosts the first that is down or silent is passed over`() async throws {
        let database = try await TestDatabase.shared()
        let silent = try ByteProxy(to: database.port) { _, _, _, _ in .hold }
        defer { silent.stop() }
        for first in [1, silent.port] {
            var changed = try await settings(database.url(host: "127.0.0.1:\(first),127.0.0.1:\(database.port)"))
            changed.connectTimeout = .seconds(4)
            try await withConnection(changed) { connection in
                let port = try await connection.value(Int32.self, "inet_server_port()")
                #expect(port == Int32(database.port))
            }
        }
    }

    @Test func `of several hosts in a service file too the first that is silent is passed over`() async throws {
        // A process of its own, whose environment nobody else reads while it changes.
        await #expect(processExitsWith: .success) {
            let service = FileManager.default.temporaryDirectory.appending(path: "service \(UUID().uuidString)").path
            setenv("PGSERVICEFILE", service, 1)
            let database = try await TestDatabase.shared()
            let silent = try ByteProxy(to: database.port) { _, _, _, _ in .hold }
            defer { silent.stop() }
            let passfile = try #require(URLComponents(string: database.url)?.queryItems?.first?.value)
            try """
            [grid]
            host=127.0.0.1,127.0.0.1
            port=\(silent.port),\(database.port)
            user=taskgrid
            dbname=postgres
            passfile=\(passfile)
            """.write(toFile: service, atomically: true, encoding: .utf8)
            defer { unlink(service) }
            var changed = try await settings("service=grid application_name=named")
            changed.connectTimeout = .seconds(4)
            try await withConnection(changed) { connection in
                let name = try await connection.value(String.self, "current_setting('application_name')")
                #expect(name == "named")
            }
        }
    }

    @Test func `where all hosts fail the error says what each said`() async throws {
        let database = try await TestDatabase.shared()
        var changed = try await settings(database.url(host: "127.0.0.1:1,127.0.0.1:\(database.port)"))
        changed.readPassword = { "wrong" }
        let error = await expectFailure(changed, .unreachable, "127.0.0.1:1: ")
        #expect(error?.message.contains("127.0.0.1:\(database.port): ") == true)
        #expect(error?.message.contains("password authentication failed") == true)
    }

    @Test func `a silent server is given up within the limit, and a cancelled task at once`() async throws {
        let database = try await TestDatabase.shared()
        let opened = Journal<Int>()
        let silent = try ByteProxy(to: database.port) { link, _, _, _ in
            opened.add(link)
            return .hold
        }
        defer { silent.stop() }
        var changed = try await settings(database.url(host: "127.0.0.1:\(silent.port)"))
        changed.connectTimeout = .milliseconds(300)
        let began = ContinuousClock.now
        await expectFailure(changed, .timedOut, "within the limit")
        #expect(began.duration(to: .now) < .seconds(20))
        changed.connectTimeout = .seconds(100)
        try await withConnection(changed, isConnected: false) { connection in
            let count = opened.count
            let task = Task { try await connection.connect() }
            try await opened.wait(beyond: count)
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .cancelled && !connection.isConnected)
            // The cancelled attempt does not stand in the way of the next.
            let next = await #expect(throws: PostgresError.self) { try await connection.connect(within: .milliseconds(100)) }
            #expect(next?.code == .timedOut, "\(next?.message ?? "")")
        }
    }

    @Test(arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", "R\0\0\0\u{8}\0\0\0\u{7F}", "E", "R\u{7F}zzz", ""])
    func `a server that speaks nonsense is no PostgreSQL`(nonsense: String) async throws {
        let server = try NonsenseServer(answer: Array(nonsense.utf8))
        defer { server.stop() }
        var changed = PostgresSettings(conninfo: "postgresql://x@127.0.0.1:\(server.port)/db?sslmode=disable")
        changed.connectTimeout = .seconds(2)
        let error = await #expect(throws: PostgresError.self) { try await withConnection(changed) { _ in } }
        #expect([.unreachable, .timedOut].contains(error?.code), "\(error?.message ?? "")")
    }

    @Test func `random bytes for a login end in an error, not in a crash`() async throws {
        try await forAllInTurn(20) { generator, comment in
            var answer = Array(generator.bytes(0...200))
            if generator.coin() {
                answer = [generator.one(of: Array("RESNvKZTDA1".utf8)), 0, 0, 0, UInt8(generator.number(0...60))] + answer
            }
            let server = try NonsenseServer(answer: answer)
            defer { server.stop() }
            var changed = PostgresSettings(conninfo: "postgresql://x:y@127.0.0.1:\(server.port)/db?sslmode=disable")
            changed.connectTimeout = .milliseconds(200)
            await #expect(throws: PostgresError.self, comment) { try await withConnection(changed) { _ in } }
        }
    }

    /// Connects, and expects an error with this code and one of these texts.
    @discardableResult
    private func expectFailure(
        _ settings: PostgresSettings, _ code: PostgresError.Code, _ texts: String..., logger: Logger = .silent,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async -> PostgresError? {
        let error = await #expect(throws: PostgresError.self, sourceLocation: sourceLocation) {
            try await withConnection(settings, logger: logger) { _ in }
        }
        #expect(error?.code == code, "\(error?.message ?? "")", sourceLocation: sourceLocation)
        #expect(texts.contains { error?.message.contains($0) == true }, "\(error?.message ?? "")", sourceLocation: sourceLocation)
        return error
    }
}
