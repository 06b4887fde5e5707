import AMQP
import Foundation
import Logging
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

/// Actions that a person or a worker with the broker's permission to configure can take.
@Suite("Exchanges deleted and queues unbound", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(3)))
struct DeletedExchangeTests {
    private let type = TaskType(literal: "echo")

    /// All exchanges one after the other, while tasks go through.
    @Test func `any exchange that is deleted is declared again, and every task ends`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            _ = try await grid.startWorkers([runs.worker(type)])
            for exchange in grid.topology.exchanges {
                let before = grid.logs.count
                try await grid.administrator { try await $0.delete(exchange: exchange.name) }
                let submitted = try await grid.client.submitAndWatch(
                    type, payloads: (0..<10).map { "\(exchange.name) \($0)" }.payloads, options: TaskOptions(deadline: .seconds(60)),
                    within: .seconds(60)
                )
                for try await ending in submitted.endings { #expect(ending.state == .succeeded, "\(exchange.name)") }
                try await grid.logs.first(from: before) { $0.isDeclared(again: exchange) ? () : nil }
            }
            // The bindings of the test's own queue went with the exchanges.
            try await grid.probe.connection.declareAgain()
            try await balances(grid)
        }
    }

    @Test func `any queue that is unbound is bound again, and every task ends`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
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

    /// A worker would acknowledge the work, and its results would be nowhere.
    @Test func `results that find no queue are published until they do, and their tasks run once`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            _ = try await grid.startWorkers([runs.worker(type)])
            let queue = grid.topology.resultsQueue.name
            for binding in grid.topology.dispatcher.bindings where binding.queue == queue {
                try await grid.administrator { try await $0.unbind(binding) }
            }
            let texts = (0..<100).map(String.init)
            let submitted = try await grid.client.submitAndWatch(type, payloads: texts.payloads, within: .seconds(60))
            for try await ending in submitted.endings { #expect(ending.state == .succeeded && ending.attempt == 1) }
            #expect(runs.entries.count == texts.count)
        }
    }

    /// Asks again after each heartbeat until the dispatcher can be asked: its queue for queries may have been unbound last.
    private func balances(_ grid: Grid) async throws {
        var counters: TaskCounts?
        try await grid.until {
            counters = try await askedBooks(grid)
            return counters != nil
        }
        #expect(counters?.balances == true)
    }

    /// The counters of the type; nil where the query found no queue.
    private func askedBooks(_ grid: Grid) async throws -> TaskCounts? {
        do {
            return try await grid.counters(type)
        } catch let error as ClientError where error.code == .serviceUnavailable {
            return nil
        }
    }
}

extension LogLine {
    /// Whether it says that a service has declared an exchange again. A service that could not publish declares all, and names none.
    fileprivate func isDeclared(again exchange: Exchange) -> Bool {
        switch message {
        case "exchange or queue was deleted, declared again": "\(metadata[AMQPLogKey.name] ?? "")".contains("exchange \(exchange.name)")
        case "an exchange was missing; declared again", "control queue or binding was deleted, declared again": true
        default: false
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
