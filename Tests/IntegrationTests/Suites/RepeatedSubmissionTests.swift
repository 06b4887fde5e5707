import BuiltinWorkers
import Foundation
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

/// A submission whose outcome its caller does not know is repeated with its key, by the same client or another one, before and
/// after a restart of the dispatcher: it is accepted once.
@Suite("A repeated submission", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct RepeatedSubmissionTests {
    @Test func `a repeated submission is accepted once across restarts of the dispatcher`() async throws {
        try await Grid.run { grid in
            let reverse = TaskType(literal: "reverse")
            _ = try await grid.startWorkers([try #require(BuiltinWorkers.make(named: "reverse"))])
            try await grid.stopDispatcher()
            // It waits in the queue; its caller learns nothing.
            let error = await #expect(throws: ClientError.self) {
                try await grid.client.submit(
                    reverse, payload: Data("hello".utf8), options: TaskOptions(key: "order-17", deadline: .seconds(5))
                )
            }
            #expect(error?.code == .serviceUnavailable)
            #expect(error?.isOutcomeUnknown == true)

            try await grid.startDispatcher()
            let options = TaskOptions(key: "order-17", deadline: .seconds(30))
            let id = try await grid.client.submit(reverse, payload: Data("hello".utf8), options: options)
            #expect(try await grid.client.outcome(of: id).get() == Data("olleh".utf8))

            try await grid.stopDispatcher()
            try await grid.startDispatcher()
            let other = GridClient(endpoint: grid.endpoint, topology: grid.topology, logger: grid.logger)
            try await other.start(within: .seconds(30))
            let again = try await other.run(reverse, payload: Data("hello".utf8), options: options)
            await other.close()
            #expect(again.id == id)
            #expect(again.result == Data("olleh".utf8))
            let counters = try await grid.counters(reverse)
            #expect(counters.submitted == 1)
            #expect(counters.succeeded == 1)
        }
    }
}
