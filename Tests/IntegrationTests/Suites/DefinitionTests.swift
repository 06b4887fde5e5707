import Foundation
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TestSupport
import Testing

@testable import TaskGrid

@Suite("Definitions that both ends share", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct DefinitionTests {
    struct Order: Codable, Sendable {
        var prices: [Double]
    }

    private let greet = TaskDefinition<String, String>("greet")
    private let total = TaskDefinition<Order, Double>("total")
    private let tick = TaskDefinition<Void, Void>("tick")

    private var workers: [any TaskWorker] {
        [
            greet.worker { name, _ in
                guard !name.isEmpty else { throw TaskError(.invalidInput, "nobody to greet") }
                return "Hello, \(name)!"
            },
            total.worker { order, _ in order.prices.reduce(0, +) },
            tick.worker { _, _ in },
        ]
    }

    /// Runs `body` with workers, and with a client that finds the grid as a program does.
    private func withClient(_ body: @escaping @Sendable (Grid, GridClient) async throws -> Void) async throws {
        try await Grid.run { grid in
            _ = try await grid.startWorkers(workers)
            let variables = ["TASKGRID_BROKER": try TestBroker.requiredURL(), "TASKGRID_PREFIX": grid.topology.prefix]
            try await GridClient.withClient(.environment(variables, file: nil), logger: grid.logger) { client in
                try await body(grid, client)
            }
        }
    }

    @Test func `values go in and come out`() async throws {
        try await withClient { _, client in
            #expect(try await client.run(greet, "world", within: .seconds(60)) == "Hello, world!")
            #expect(try await client.run(total, Order(prices: [0.5, 1.5]), within: .seconds(60)) == 2)
            try await client.run(tick, within: .seconds(60))
            let id = try await client.submit(greet, "again", options: TaskOptions(TaskSettings(maxAttempts: 1), key: "again"))
            #expect(try await client.submit(greet, "again", options: TaskOptions(TaskSettings(maxAttempts: 1), key: "again")) == id)
            #expect(try await client.result(of: id, as: greet, within: .seconds(60)) == "Hello, again!")
            let outputs = try await client.run(greet, each: ["a", "", "c"], within: .seconds(60))
            #expect(try outputs[0].get() == "Hello, a!")
            #expect(throws: ClientError.self) { try outputs[1].get() }
            #expect(try outputs[2].get() == "Hello, c!")
        }
    }

    @Test func `a task that fails is an error that names it and its reason`() async throws {
        try await withClient { _, client in
            let error = await #expect(throws: ClientError.self) { try await client.run(greet, "", within: .seconds(60)) }
            let ending = try #require(error?.ending)
            #expect(error?.code == .taskFailed)
            #expect(error?.message == "task \(ending.id) (greet) ended as failed: invalid_input: nobody to greet")
        }
    }

    @Test func `a payload or a result of another shape is an error that names the task and the field`() async throws {
        try await withClient { _, client in
            let other = TaskDefinition(total.type, input: PayloadCodec<[String: [String]]>.json, output: PayloadCodec<Order>.json)
            let refused = await #expect(throws: ClientError.self) { try await client.run(other, ["prices": ["x"]], within: .seconds(60)) }
            #expect(refused?.ending?.error?.code == .invalidInput)
            #expect(refused?.message.contains("the payload is not what total takes: prices[0]: ") == true, "\(refused?.message ?? "")")
            let id = try await client.submit(total, Order(prices: [1]))
            let unread = await #expect(throws: ClientError.self) { try await client.result(of: id, as: other, within: .seconds(60)) }
            #expect(unread?.code == .badResult)
            #expect(unread?.message.hasPrefix("the result of task \(id) (total) is not what this program takes: ") == true)
            let bytes = try await client.run(greet.type, payload: Data([0xFF]), within: .seconds(60))
            #expect(bytes.error?.message == "the payload is not what greet takes: byte 0 of 1 is no UTF-8")
        }
    }
}
