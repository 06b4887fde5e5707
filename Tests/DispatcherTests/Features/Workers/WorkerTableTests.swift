import AMQP
import TaskGridCore
import TaskStore
import Testing

@testable import Dispatcher

@Suite("The dispatcher's table of workers")
struct WorkerTableTests {
    private let start = ContinuousClock.now

    private func message(
        _ worker: String = "w", types: [TaskType] = [.reverse], concurrency: Int = 2, batch: Bool = true, draining: Bool = false,
        running: [RegistryMessage.Held] = [], waiting: [RegistryMessage.Held] = [], of user: String = ""
    ) -> RegistryMessage {
        var message = RegistryMessage(
            worker: worker, host: "h", pid: 1, version: "1", types: types, concurrency: concurrency, prefetch: 1, batch: batch,
            started: Timestamp(rawValue: 1), running: running, waiting: waiting, draining: draining
        )
        message.publisher = user
        return message
    }

    @Test func `a change is published once`() {
        var table = WorkerTable()
        #expect(table.record(.register, of: message(), at: start) == [.reverse])
        #expect(table.record(.heartbeat, of: message(), at: start) == [])
        #expect(Set(table.record(.heartbeat, of: message(types: [.sum]), at: start)) == [.reverse, .sum])
        #expect(table.record(.heartbeat, of: message(types: [.sum], draining: true), at: start) == [.sum])
        #expect(table.record(.deregister, of: message(), at: start) == [.sum])
        #expect(table.record(.deregister, of: message(), at: start) == [])
    }

    @Test func `a lease ends after three missed heartbeats`() {
        var table = WorkerTable()
        _ = table.record(.heartbeat, of: message(), at: start)
        #expect(table.expire(at: start + .milliseconds(2999)).gone.isEmpty)
        #expect(table.expire(at: start + .seconds(3)).gone.map(\.message.types) == [[.reverse]])
        #expect(table.workers.isEmpty)
    }

    @Test func `a worker holds what its latest report names, as long as it lives`() throws {
        var table = WorkerTable()
        let task = OpenTask(
            id: 1, type: .reverse, settings: TaskSettings(maxAttempts: 1), created: Timestamp(rawValue: 1), attempt: 1, form: .single
        )
        var handed = HandedTask(task, machine: TaskStateMachine(handingOut: task), marker: 0)
        #expect(!table.holds(handed))
        _ = table.record(.heartbeat, of: message("a", running: [.init(task: 1, attempt: 1)]), at: start)
        handed.holder = ("a", try #require(table.workers["a"]?.report))
        #expect(table.holds(handed))
        _ = table.record(.heartbeat, of: message("b"), at: start)
        #expect(table.holds(handed))
        _ = table.record(.heartbeat, of: message("a"), at: start)
        #expect(!table.holds(handed))
        handed.holder = ("a", try #require(table.workers["a"]?.report))
        _ = table.depart("a")
        #expect(!table.holds(handed))
        #expect(table.departed["a"]?.heard == start)
    }

    @Test func `a heartbeat that says nothing new renews the lease, and nothing else`() throws {
        var table = WorkerTable()
        let held = [RegistryMessage.Held(task: 1, attempt: 1)]
        _ = table.record(.heartbeat, of: message(running: held), at: start)
        let report = try #require(table.workers["w"]?.report)
        var same = message(running: held)
        same.progress = 7
        var isRenewed = table.renew(same, at: start + .seconds(1))
        #expect(isRenewed)
        #expect(table.workers["w"]?.report == report)
        #expect(table.workers["w"]?.expires == start + .seconds(4))
        for other in [message(), message(concurrency: 9, running: held), message("other", running: held)] {
            isRenewed = table.renew(other, at: start + .seconds(1))
            #expect(!isRenewed)
        }
    }

    @Test func `the longest interval of a type is that of the workers that it has`() {
        var table = WorkerTable()
        var slow = message("slow")
        slow.interval = 5000
        _ = table.record(.heartbeat, of: message("a"), at: start)
        _ = table.record(.heartbeat, of: slow, at: start)
        #expect(table.heartbeat(of: .reverse) == .seconds(5))
        _ = table.record(.deregister, of: slow, at: start)
        #expect(table.heartbeat(of: .reverse) == .seconds(1))
    }

    @Test func `batches need every worker of the type; one that drains does not count`() {
        var table = WorkerTable()
        #expect(table.service(of: .reverse) == (0, false))
        _ = table.record(.heartbeat, of: message("a"), at: start)
        #expect(table.service(of: .reverse) == (2, true))
        _ = table.record(.heartbeat, of: message("b", concurrency: 3, batch: false), at: start)
        #expect(table.service(of: .reverse) == (5, false))
        _ = table.record(.heartbeat, of: message("b", concurrency: 3, batch: false, draining: true), at: start)
        #expect(table.service(of: .reverse) == (2, true))
    }

    @Test func `a worker too many is not taken, and leaves room when it goes`() {
        var table = WorkerTable(maximum: 2)
        for worker in ["a", "b", "c", "a"] { _ = table.record(.heartbeat, of: message(worker), at: start) }
        #expect(Set(table.workers.keys) == ["a", "b"])
        _ = table.record(.deregister, of: message("a"), at: start)
        #expect(table.record(.heartbeat, of: message("c"), at: start) == [.reverse])
        #expect(Set(table.workers.keys) == ["b", "c"])
    }

    @Test func `the tasks held by all together are bounded`() {
        var table = WorkerTable(maximumHeld: 10)
        let held = (1...4).map { RegistryMessage.Held(task: TaskID(Int64($0)), attempt: 1) }
        for number in 0...2 { _ = table.record(.heartbeat, of: message("\(number)", waiting: held), at: start) }
        #expect(table.workers.count == 2)
        #expect(table.hasRoom(for: message("0", waiting: held)), "what is known is renewed")
        #expect(!table.hasRoom(for: message("x", waiting: held)))
        #expect(table.hasRoom(for: message("x")))
        _ = table.expire(at: start + .seconds(3))
        #expect(table.hasRoom(for: message("x", waiting: held)))
    }

    @Test func `a worker that names more tasks than there is room for stays with those that it named before, if it is known`() throws {
        var table = WorkerTable(maximumHeld: 10)
        let invented = (1...11).map { RegistryMessage.Held(task: TaskID(Int64($0)), attempt: 1) }
        _ = table.record(.heartbeat, of: message(running: Array(invented.prefix(4))), at: start)
        let told = message(concurrency: 9, running: invented)
        #expect(!table.hasRoom(for: told) && table.withFormerTasks(message("other", running: invented)) == nil)
        #expect(table.withFormerTasks(message(of: "thief")) == nil)
        let known = try #require(table.withFormerTasks(told))
        #expect(table.record(.heartbeat, of: known, at: start + .seconds(2)) == [.reverse])
        #expect(table.workers["w"]?.message.running == Array(invented.prefix(4)) && table.service(of: .reverse).concurrency == 9)
        #expect(table.expire(at: start + .seconds(4)).gone.isEmpty)
    }

    @Test func `a heartbeat that names more tasks than there is room for renews its lease, and is told of`() async throws {
        let harness = try await SchedulerHarness()
        await harness.scheduler.bound(held: 1)
        let invented = (1...2).map { RegistryMessage.Held(task: TaskID(Int64($0)), attempt: 1) }
        _ = await harness.register("w1")
        let before = try #require(await harness.scheduler.workers.workers["w1"])
        let out = await harness.register("w1", running: invented)
        let after = try #require(await harness.scheduler.workers.workers["w1"])
        #expect(after.expires > before.expires && after.message.running.isEmpty)
        #expect(out.publications.contains { $0.routingKey == "grid.error" })
        _ = await harness.register("w2", running: invented)
        #expect(await harness.scheduler.workers.workers["w2"] == nil)
    }

    @Test func `a user whose workers name invented tasks takes no room from the workers of others`() {
        var table = WorkerTable(maximum: 100, maximumHeld: 100)
        let invented = (1...10).map { RegistryMessage.Held(task: TaskID(Int64($0)), attempt: 1) }
        for number in 0..<20 { _ = table.record(.heartbeat, of: message("t\(number)", running: invented, of: "thief"), at: start) }
        #expect(table.workers.count == 10)
        #expect(!table.hasRoom(for: message("t10", running: invented, of: "thief")))
        for number in 0..<5 { _ = table.record(.heartbeat, of: message("c\(number)", running: invented, of: "crew"), at: start) }
        #expect(table.workers.count == 15, "another user has half of what is left")
        #expect(!table.hasRoom(for: message("c5", running: invented, of: "crew")))
        #expect(table.hasRoom(for: message("o", running: invented, of: "other")))
    }

    @Test func `a user with as many workers as it gets takes no place from the workers of others`() {
        var table = WorkerTable(maximum: 10)
        for number in 0..<20 { _ = table.record(.heartbeat, of: message("t\(number)", of: "thief"), at: start) }
        #expect(table.workers.count == 10)
        for number in 0..<20 { _ = table.record(.heartbeat, of: message("c\(number)", of: "crew"), at: start) }
        #expect(table.workers.count == 15)
        #expect(table.hasRoom(for: message("o", of: "other")))
        // One that is gone counts no more, however it went.
        _ = table.record(.deregister, of: message("t0", of: "thief"), at: start)
        _ = table.depart("t1")
        #expect(table.hasRoom(for: message("c19", of: "crew")) && !table.hasRoom(for: message("t0", of: "thief")))
        _ = table.expire(at: start + .seconds(3))
        for number in 0..<20 { _ = table.record(.heartbeat, of: message("c\(number)", of: "crew"), at: start) }
        #expect(table.workers.count == 10)
    }
}

extension Scheduler {
    fileprivate func bound(held: Int) { workers = WorkerTable(maximumHeld: held) }
}
