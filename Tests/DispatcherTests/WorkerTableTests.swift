import TaskGridCore
import Testing

@testable import Dispatcher

@Suite("The dispatcher's table of workers")
struct WorkerTableTests {
    private let start = ContinuousClock.now

    private func message(
        _ worker: String = "w", types: [TaskType] = [.reverse], concurrency: Int = 2, batch: Bool = true, draining: Bool = false,
        running: [RegistryMessage.Held] = [], waiting: [RegistryMessage.Held] = []
    ) -> RegistryMessage {
        RegistryMessage(
            worker: worker, host: "h", pid: 1, version: "1", types: types, concurrency: concurrency, prefetch: 1, batch: batch,
            started: Timestamp(rawValue: 1), running: running, waiting: waiting, draining: draining
        )
    }

    @Test("what changed is told once")
    func changes() {
        var table = WorkerTable()
        #expect(table.take(.register, message(), at: start) == [.reverse])
        #expect(table.take(.heartbeat, message(), at: start) == [])
        #expect(Set(table.take(.heartbeat, message(types: [.sum]), at: start)) == [.reverse, .sum])
        #expect(table.take(.heartbeat, message(types: [.sum], draining: true), at: start) == [.sum])
        #expect(table.take(.deregister, message(), at: start) == [.sum])
        #expect(table.take(.deregister, message(), at: start) == [])
    }

    @Test("a lease ends after three missed heartbeats")
    func lease() {
        var table = WorkerTable()
        _ = table.take(.heartbeat, message(), at: start)
        #expect(table.expire(at: start + .milliseconds(2999)) == [])
        #expect(table.expire(at: start + .seconds(3)) == [.reverse])
        #expect(table.workers.isEmpty)
    }

    @Test("who holds an attempt, running or not begun")
    func holder() {
        var table = WorkerTable()
        _ = table.take(.heartbeat, message("a", running: [.init(task: 1, attempt: 1)], waiting: [.init(task: 2, attempt: 1)]), at: start)
        #expect(table.holder(of: .init(task: 1, attempt: 1)) == "a")
        #expect(table.holder(of: .init(task: 2, attempt: 1)) == "a")
        #expect(table.holder(of: .init(task: 1, attempt: 2)) == nil)
        _ = table.take(.heartbeat, message("a"), at: start)
        #expect(table.holder(of: .init(task: 1, attempt: 1)) == nil)
    }

    @Test("batches need every worker of the type; one that drains does not count")
    func service() {
        var table = WorkerTable()
        #expect(table.service(of: .reverse) == (0, false))
        _ = table.take(.heartbeat, message("a"), at: start)
        #expect(table.service(of: .reverse) == (2, true))
        _ = table.take(.heartbeat, message("b", concurrency: 3, batch: false), at: start)
        #expect(table.service(of: .reverse) == (5, false))
        _ = table.take(.heartbeat, message("b", concurrency: 3, batch: false, draining: true), at: start)
        #expect(table.service(of: .reverse) == (2, true))
    }
}
