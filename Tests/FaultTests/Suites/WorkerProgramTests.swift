import AMQP
import Foundation
import TaskGridCore
import TestSupport
import Testing

@Suite("A program that runs workers in one statement", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct WorkerProgramTests {
    private func run(broker: String) async throws -> CommandRun {
        try await CommandRun.run(["fault"], of: Programs.worker, environment: ["TASKGRID_BROKER": broker])
    }

    @Test func `a refused login is one line that names the user, not a crash`() async throws {
        let endpoint = try TestBroker.endpoint()
        let run = try await run(broker: "amqp://stranger:secret@\(endpoint.addresses[0])")
        #expect(run.reason == .exit && run.code == 1)
        let error = try #require(run.errors.split(separator: "\n").first { $0.hasPrefix("error: ") })
        #expect(error.contains("stranger") && !error.contains("secret"), "\(error)")
        #expect(!run.errors.contains("Fatal error"))
    }

    @Test func `a setting that cannot be is one line that names it`() async throws {
        let run = try await run(broker: "http://localhost")
        #expect(run.reason == .exit && run.code == 1)
        #expect(run.errors.hasPrefix("error: TASKGRID_BROKER: "), "\(run.errors)")
    }
}
