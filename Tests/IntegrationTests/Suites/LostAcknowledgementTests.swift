import AMQP
import Foundation
import LocalGrid
import Synchronization
import TaskGridClient
import TaskGridCore
import TaskStore
import TaskStoreSQLite
import TestSupport
import Testing

import class TaskStoreConformance.UncertainStore

@Suite("A dispatcher whose acknowledgement does not reach the broker", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(3)))
struct LostAcknowledgementTests {
    private struct State {
        /// The number of the connection that acknowledges submissions.
        var intake: Int?
        var cutsNext = false
        var cuts = 0
    }

    private let type = TaskType(literal: "echo")

    /// The acknowledgement goes over another connection than the rejection: the one may be lost, and the other not.
    @Test func `rejects no submission that comes again and is accepted`() async throws {
        try await Grid.run { grid in
            try await grid.stopDispatcher()
            let store = UncertainStore(try await SQLiteTaskStore.inMemory())
            let state = Mutex(State())
            let broker = grid.endpoint.addresses[0]
            let proxy = try Proxy(
                to: broker.host, port: broker.port,
                onFrame: { frame in
                    state.withLock { state in
                        guard frame.direction == .towardBroker else { return .pass }
                        if frame.bytes.contains("dispatcher consume".utf8) { state.intake = frame.link }
                        guard state.cutsNext, frame.method == .basicAck, frame.link == state.intake else { return .pass }
                        state.cutsNext = false
                        state.cuts += 1
                        return .cutBefore
                    }
                })
            var endpoint = grid.endpoint
            endpoint.addresses = [.init(host: "127.0.0.1", port: proxy.port)]
            try await grid.startDispatcher(on: store, over: endpoint)
            let runs = Journal<RecordedRun>()
            _ = try await grid.startWorkers([runs.worker(type)])
            store.failNextCommit(.lost, with: StoreError(.locked, "somebody has locked it")) { changes in
                guard !changes.submissions.isEmpty else { return false }
                state.withLock { $0.cutsNext = true }
                return true
            }
            #expect(try await grid.client.run(type, payload: Data("a".utf8)).result == Data("a".utf8))
            #expect(state.withLock { $0.cuts } == 1 && store.hasFailed)
            #expect(try await grid.counters(type).submitted == 1)
            proxy.stop()
        }
    }
}
