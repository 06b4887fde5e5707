import Foundation
import LocalGrid
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@testable import AMQP

@Suite("A broker that does not take a message", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct MessageLimitTests {
    private static let limit = 1 << 20

    @Test func `messages over the broker's max_message_size end by themselves, and hold nothing up`() async throws {
        try await Turnstile.shared.pass {
            try await FaultBroker.run(advanced: "{max_message_size, \(Self.limit)}") { broker, _ in
                try await FaultGrid.run(broker: broker.url, queues: .classic, isAdmitted: true) { grid in
                    let (dispatcher, worker) = try await grid.start()
                    // Beside others that are on their way.
                    let before = try await grid.submit((0..<40).map(String.init))
                    let large = try await grid.submit(["grow \(2 * Self.limit)"])
                    let after = try await grid.submit((0..<40).map { "grow \(20_000 + $0)" }, each: 40)
                    let began = ContinuousClock.now
                    let error = await #expect(throws: ClientError.self) {
                        try await grid.client.submit(FaultGrid.fault, payload: Data(count: Self.limit + 1))
                    }
                    #expect(error?.code == .tooLarge)
                    #expect(error?.isOutcomeUnknown == false)
                    #expect(error?.message.contains("the broker takes \(Self.limit) at most") == true)
                    #expect(began.duration(to: .now) < .seconds(10))
                    let endings = try await grid.settle(before + large + after)
                    let failed = endings.values.filter { $0.state == .failed }
                    #expect(failed.map(\.id) == large[0].ids)
                    #expect(failed.first?.error?.code == .resultTooLarge)
                    #expect(endings.values.count { $0.state == .succeeded } == 80)
                    #expect(dispatcher.endings.isEmpty && worker.endings.isEmpty)
                    // Each ran once: nobody repeated for ever.
                    #expect(grid.runs.attempts.values.allSatisfy { $0.count == 1 })
                }
            }
        }
    }
}
