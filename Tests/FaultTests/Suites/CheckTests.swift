import AMQP
import Foundation
import LocalGrid
import TaskGridCore
import TestSupport
import Testing

@Suite("taskgrid check on a real broker", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct CheckTests {
    /// What the command prints with `--json`.
    private struct Report: Decodable {
        struct Check: Decodable {
            var check: String
            var level: String
            var found: String
            var advice: String?
        }

        var checks: [Check]
        var problems: Int
        var warnings: Int

        /// What was found wrong, of one subject.
        func wrong(_ subject: String) -> [String] { checks.filter { $0.check == subject && $0.level != "ok" }.map(\.found) }
    }

    private static let admin = ProcessInfo.processInfo.environment["TASKGRID_TEST_ADMIN"] ?? ""

    private func check(_ grid: FaultGrid, broker: String? = nil, _ arguments: String...) async throws -> (code: Int32, report: Report) {
        try await check(grid, broker: broker, arguments: arguments)
    }

    private func check(_ grid: FaultGrid, broker: String?, arguments: [String]) async throws -> (code: Int32, report: Report) {
        let options = ["--broker", broker ?? grid.broker, "--prefix", grid.topology.prefix, "--admin", Self.admin]
        let run = try await CommandRun.run(["check", "--json"] + options + arguments)
        return (run.code, try JSONDecoder().decode(Report.self, from: Data(run.output.utf8)))
    }

    /// Runs `body` while the broker has what is put there.
    private func withResources<Value>(_ resources: [(path: String, json: String)], _ body: () async throws -> Value) async throws -> Value {
        for (path, json) in resources { try await TestBroker.administrate("PUT", path, Data(json.utf8)) }
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        // A user's permissions go with it.
        for (path, _) in resources where !path.contains("permissions") { try await TestBroker.administrate("DELETE", path) }
        return try result.get()
    }

    @Test func `a healthy grid has no problems, no warnings but of its one login, and every part was looked at`() async throws {
        try await FaultGrid.run { grid in
            try await grid.launch(.nameservice).ready()
            try await grid.start()
            let (code, report) = try await check(grid)
            #expect(code == 0 && report.problems == 0 && report.warnings == 1, "\(report)")
            // The services of these tests have the login of the tests.
            let rights = report.wrong("rights")
            #expect(rights.count == 1 && rights.first?.hasPrefix("the services log in as one user") == true, "\(report)")
            let subjects = Set(report.checks.map(\.check))
            #expect(
                subjects == [
                    "broker", "exchanges", "queues", "services", "clocks", "management", "nodes", "kinds", "bindings", "policies", "rights",
                    "limits",
                ])
            #expect(report.checks.contains { $0.found.contains("the dispatcher answers") && $0.found.contains(TaskGridVersion.current) })
            #expect(report.checks.contains { $0.check == "services" && $0.found.hasPrefix("one dispatcher is active (host ") }, "\(report)")
            #expect(report.checks.contains { $0.found.contains("the nameservice answers") && $0.found.contains(TaskGridVersion.current) })
        }
    }

    @Test func `queues of another kind than the grid's are a problem`() async throws {
        try await FaultGrid.run { grid in
            try await grid.start()
            let (code, report) = try await check(grid, "--queue-kind", "quorum")
            #expect(
                code == 1 && report.wrong("kinds").contains { $0.contains("classic, and the grid's kind of queues is quorum") }, "\(report)"
            )
        }
    }

    @Test func `a policy that drops submissions and one that drops tasks are problems, which name the queue and the policy`() async throws {
        try await FaultGrid.run { grid in
            let prefix = grid.topology.prefix
            let policies = [
                (
                    "api/policies/%2F/\(prefix)-length",
                    #"{"pattern":"^\#(prefix)[.]submit$","definition":{"max-length":1000},"priority":9,"apply-to":"queues"}"#
                ),
                (
                    "api/policies/%2F/\(prefix)-time",
                    #"{"pattern":"^\#(prefix)[.]work[.]","definition":{"message-ttl":600000},"priority":9,"apply-to":"queues"}"#
                ),
            ]
            try await withResources(policies) {
                try await grid.start()
                let (code, report) = try await check(grid)
                let wrong = report.wrong("policies")
                #expect(code == 1 && wrong.count == 2, "\(report)")
                #expect(wrong.contains { $0.hasPrefix("\(prefix).submit: max-length 1000") && $0.contains("'\(prefix)-length'") })
                #expect(wrong.contains { $0.hasPrefix("\(prefix).work.fault: message-ttl 600000") && $0.contains("'\(prefix)-time'") })
            }
        }
    }

    @Test func `a policy that is set after the start is found at once, and gone at once when it is deleted`() async throws {
        try await FaultGrid.run { grid in
            try await grid.start()
            let prefix = grid.topology.prefix
            let policy = (
                "api/policies/%2F/\(prefix)-time",
                #"{"pattern":"^\#(prefix)[.]submit$","definition":{"message-ttl":600000},"priority":9,"apply-to":"queues"}"#
            )
            let report = try await withResources([policy]) { try await check(grid).report }
            #expect(report.wrong("policies").count == 1, "\(report)")
            #expect(try await check(grid).report.wrong("policies").isEmpty)
        }
    }

    @Test func `a binding of somebody else's is a warning, and what the advice names deletes it`() async throws {
        try await FaultGrid.run { grid in
            try await grid.start()
            let queue = grid.topology.submitQueue.name
            try await TestBroker.administrate("POST", "api/bindings/%2F/e/amq.topic/q/\(queue)", Data(#"{"routing_key":"a.#"}"#.utf8))
            let report = try await check(grid).report
            let found = "queue '\(queue)' is bound to exchange 'amq.topic' with the key 'a.#', which no part of the grid does"
            #expect(report.wrong("bindings") == [found], "\(report)")
            let advice = try #require(report.checks.first { $0.found == found }?.advice)
            let path = try #require(advice.firstMatch(of: #/api/bindings/[^ ']+/#)?.output)
            try await TestBroker.administrate("DELETE", String(path))
            #expect(try await check(grid).report.wrong("bindings") == [])
        }
    }

    @Test func `a worker and a nameservice with the rights of taskgrid users have no problems`() async throws {
        try await FaultGrid.run { grid in
            try await grid.launch(.nameservice).ready()
            try await grid.start()
            let (nameservice, crew) = (grid.topology.users.nameservice, "\(grid.topology.prefix)-crew")
            let folder = grid.file("users")
            let printed = try await CommandRun.run(
                ["users", folder, "--broker", grid.broker, "--prefix", grid.topology.prefix, "--worker", "\(crew)=fault"])
            try await TestBroker.administrate("POST", "api/definitions", Data(printed.output.utf8))
            let address = try TestBroker.endpoint().addresses[0]
            func report(_ user: String, _ arguments: String...) async throws -> Report {
                let password = try String(contentsOfFile: "\(folder)/\(user).password", encoding: .utf8).trimmingCharacters(in: .newlines)
                return try await check(grid, broker: "amqp://\(user):\(password)@\(address)", arguments: arguments).report
            }
            for report in [
                try await report(nameservice, "--role", "nameservice"), try await report(crew, "--role", "worker", "fault"),
            ] {
                #expect(report.problems == 0 && report.warnings == 0, "\(report)")
                #expect(report.checks.contains { $0.check == "services" && $0.found.hasPrefix("the dispatcher consumes ") }, "\(report)")
            }
            for user in grid.topology.users.all + [crew, "\(grid.topology.prefix)-client"] { try await TestBroker.removeUser(user) }
        }
    }

    @Test func `a user without rights is a problem for each operation, and so is that no client can use the grid`() async throws {
        try await FaultGrid.run { grid in
            try await grid.start()
            let user = "\(grid.topology.prefix)-user"
            let resources = [
                ("api/users/\(user)", #"{"password":"secret","tags":""}"#),
                ("api/permissions/%2F/\(user)", #"{"configure":"^$","write":"^$","read":"^$"}"#),
            ]
            try await withResources(resources) {
                let address = try TestBroker.endpoint().addresses[0]
                let (code, report) = try await check(grid, broker: "amqp://\(user):secret@\(address)", "--role", "client")
                let wrong = report.wrong("rights")
                #expect(code == 1 && wrong.count == 3 && wrong.allSatisfy { $0.hasPrefix("user '\(user)' may not ") }, "\(report)")
                #expect(report.wrong("services").contains { $0.hasPrefix("no client can use the grid") }, "\(report)")
                let (other, refused) = try await check(grid, broker: "amqp://\(user):wrong@\(address)")
                #expect(other == 1 && refused.wrong("broker").count == 1, "\(refused)")
            }
        }
    }

    @Test func `a prefix under which nothing runs is one problem, and the broker is looked at all the same`() async throws {
        try await FaultGrid.run { grid in
            let run = try await CommandRun.run(
                ["check", "--broker", grid.broker, "--prefix", "\(grid.topology.prefix)-other", "--admin", Self.admin])
            #expect(run.code == 1 && run.errors.isEmpty, "\(run)")
            let lines = run.output.split(separator: "\n")
            #expect(lines.contains { $0.hasPrefix("problem  exchanges") } && lines.contains { $0.hasPrefix("ok       nodes") }, "\(run)")
            #expect(lines.last?.hasPrefix("1 problem, ") == true, "\(run)")
        }
    }
}
