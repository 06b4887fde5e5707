import AMQP
import Foundation
import Logging
import TaskGridCore
import TestSupport
import Testing

@Suite("taskgrid users --import on a real broker", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct UserImportTests {
    private static let admin = ProcessInfo.processInfo.environment["TASKGRID_TEST_ADMIN"] ?? ""
    private let topology = Topology(prefix: "import-\(UUID().uuidString.prefix(8).lowercased())")
    private var crew: String { "\(topology.prefix)-crew" }

    /// Imports users with the given login of an administrator, and removes them.
    private func importing(admin: String = admin, _ body: (CommandRun, _ folder: String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let place = ["--broker", try TestBroker.requiredURL(), "--prefix", topology.prefix]
        let run = try await CommandRun.run(
            ["users", folder, "--import", "--worker", "\(crew)=hash"] + place, environment: ["TASKGRID_ADMIN": admin])
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(run, folder)) } catch { outcome = .failure(error) }
        if run.code == 0 {
            for user in topology.users.all + [crew, "\(topology.prefix)-client"] { try await TestBroker.removeUser(user) }
            try await TestBroker.withConnection { connection in
                for exchange in topology.exchanges { try await connection.delete(exchange: exchange.name) }
            }
        }
        try outcome.get()
    }

    @Test func `a worker's user logs in with the password of its file, and may not declare another's queue`() async throws {
        try await importing { run, folder in
            #expect(run.code == 0 && run.errors.isEmpty, "\(run)")
            #expect(run.output.hasPrefix("imported 5 users into http") && run.output.split(separator: "\n").count == 1, "\(run)")
            var login = try TestBroker.endpoint()
            login.user = crew
            login.password = try String(contentsOfFile: "\(folder)/\(crew).password", encoding: .utf8).trimmingCharacters(in: .newlines)
            let connection = Connection(login, name: "crew", logger: Logger(label: "test"))
            try await connection.start(patience: .seconds(10))
            let own = topology.listenerQueue("control", "\(crew).x-1")
            let foreign = topology.listenerQueue("control", "other.x-1")
            let declared: Result<Void, any Error>
            do { declared = .success(try await connection.declare(Declarations(queues: [own]))) } catch { declared = .failure(error) }
            let refused = await #expect(throws: AMQPError.self) { try await connection.declare(Declarations(queues: [foreign])) }
            await connection.close()
            try declared.get()
            #expect(refused?.code == .accessRefused)
        }
    }

    @Test func `a login that is no administrator's imports nothing, and the error says so`() async throws {
        var url = try #require(URLComponents(string: Self.admin))
        url.password = "wrong"
        try await importing(admin: try #require(url.string)) { run, _ in
            #expect(run.code == 1 && run.output.isEmpty, "\(run)")
            #expect(run.errors.contains("refuses the login") && !run.errors.contains("wrong@"), "\(run)")
        }
    }
}
