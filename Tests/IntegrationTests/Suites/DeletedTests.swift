import AMQP
import Foundation
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

/// What a person or a worker with the broker's permission to configure can do.
@Suite("Exchanges deleted and queues unbound", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(3)))
struct DeletedTests {
    private let type = TaskType(literal: "echo")

    /// All exchanges one after the other, while tasks go through.
    @Test func `whatever exchange is deleted is declared again, and every task ends`() async throws {
        try await Grid.run { grid in
            let runs = Journal<Run>()
            _ = try await grid.startWorkers([runs.worker(type)])
            for exchange in grid.topology.exchanges {
                try await grid.administrator { try await $0.delete(exchange: exchange.name) }
                let submitted = try await grid.client.submitAndWatch(
                    type, payloads: (0..<10).map { "\(exchange.name) \($0)" }.payloads, options: TaskOptions(deadline: .seconds(60)),
                    within: .seconds(60)
                )
                for try await ending in submitted.endings { #expect(ending.state == .succeeded, "\(exchange.name)") }
            }
            try await balances(grid)
        }
    }

    @Test func `whatever queue is unbound is bound again, and every task ends`() async throws {
        try await Grid.run { grid in
            let runs = Journal<Run>()
            _ = try await grid.startWorkers([runs.worker(type)])
            let topology = grid.topology
            for binding in topology.dispatcher.bindings + topology.nameservice.bindings + topology.work(type).bindings {
                try await grid.administrator { try await $0.unbind(binding) }
                let submitted = try await grid.client.submitAndWatch(
                    type, payloads: ["\(binding)"].payloads, options: TaskOptions(deadline: .seconds(60)), within: .seconds(60)
                )
                for try await ending in submitted.endings { #expect(ending.state == .succeeded, "\(binding)") }
            }
            try await balances(grid)
        }
    }

    /// Asks until the dispatcher can be asked again: what carries questions may have been deleted last.
    private func balances(_ grid: Grid) async throws {
        while true {
            do {
                #expect(try await grid.books(type).balances)
                return
            } catch let error as ClientError where error.code == .serviceUnavailable {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}

extension Grid {
    /// A connection past the grid's own.
    func administrator(_ body: (Connection) async throws -> Void) async throws {
        let connection = Connection(endpoint, name: "administrator", logger: logger)
        try await connection.start(patience: .seconds(30))
        do {
            try await body(connection)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }
}
