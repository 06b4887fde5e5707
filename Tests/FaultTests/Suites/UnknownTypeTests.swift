import Foundation
import LocalGrid
import TaskGridCore
import TestSupport
import Testing

@Suite("A type that the grid does not know", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct UnknownTypeTests {
    @Test func `every command that is given one fails with exit code 3 and lists the types`() async throws {
        try await FaultGrid.run { grid in
            try await grid.launch(.nameservice).ready()
            try await grid.start()
            for command in [
                ["workers", "nope"], ["stats", "nope"], ["tasks", "--type", "nope"], ["failed", "--type", "nope"],
                ["retry", "--type", "nope", "--yes"], ["pause", "nope"], ["resume", "nope"], ["types", "forget", "nope"],
                ["events", "--type", "nope"],
            ] {
                let run = try await CommandRun.run(command + ["--broker", grid.broker, "--prefix", grid.topology.prefix])
                #expect(run.reason == .exit && run.code == 3, "\(command): \(run)")
                #expect(run.errors.contains("error: the grid knows no type 'nope': it knows fault"), "\(command): \(run)")
            }
        }
    }
}
