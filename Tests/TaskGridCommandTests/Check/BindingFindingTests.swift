import AMQP
import TaskGridConfiguration
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("Bindings that the management interface lists")
struct BindingFindingTests {
    private let grid = CheckedGrid.sample()

    /// The findings of a healthy grid that has these bindings too.
    private func findings(_ more: ListedBinding...) throws -> [Finding] {
        var reading = ManagementReading.healthy(grid)
        reading.bindings = .success(try reading.bindings.get() + more)
        return reading.bindingFindings(grid)
    }

    @Test func `those of the grid are its own, and those between others do not count`() throws {
        #expect(try findings().texts == ["ok bindings: all 16 of the grid's exchanges and queues are its own"])
        #expect(try findings(ListedBinding("amq.topic", "other", key: "#"), ListedBinding("tx.work", "tx.q", key: "#")) == findings())
    }

    @Test(arguments: [
        // The queue of submissions, of results and of dead letters, as a login that may publish there can bind them.
        ListedBinding("amq.topic", "t.submit", key: "#"), ListedBinding("t.events", "t.results", key: "grid.started"),
        ListedBinding("t.control", "t.dead", key: "crew.x-1"), ListedBinding("t.registry", "t.submit", key: "#"),
        ListedBinding("t.submit", "t.submit", key: "hash"), ListedBinding("t.work", "t.work.hash", key: "sum"),
        ListedBinding("t.work", "t.work.sum", key: "hash"), ListedBinding("t.rpc", "t.rpc.nameservice", key: "dispatcher"),
        // What leads out of the grid.
        ListedBinding("t.submit", "spy", key: "#"), ListedBinding("t.reply", "t.reply.app.x", key: "other.x"),
        ListedBinding("t.reply", "t.spy", key: "#"),
        // Between exchanges.
        ListedBinding("t.submit", "t.results", of: "exchange", key: "#"), ListedBinding("amq.fanout", "t.reply", of: "exchange", key: ""),
        ListedBinding("t.events", "spy", of: "exchange", key: "#"),
    ])
    func `one that the grid does not make is a warning`(binding: ListedBinding) throws {
        let found =
            "warning bindings: \(binding.destinationKind) '\(binding.destination)' is bound to exchange '\(binding.source)' with the key "
            + "'\(binding.key)', which no part of the grid does"
        #expect(try findings(binding).texts == [found])
    }

    @Test(arguments: [
        // Programs that began after the queues were read.
        ListedBinding("t.control", "t.control.crew.x-2", key: "crew.x-2"), ListedBinding("t.control", "t.control.crew.x-2", key: "workers"),
        ListedBinding("t.control", "t.control.crew.x-2", key: "type.sum"), ListedBinding("t.reply", "t.reply.app.x-2", key: "app.x-2"),
        ListedBinding("t.events", "t.reply.app.x-2", key: "grid.started"), ListedBinding("t.registry", "t.monitor.m.x-2", key: "#"),
        // Listeners to events, of taskgrid events and of anybody's own.
        ListedBinding("t.events", "t.events.6e0c", key: "task.*"), ListedBinding("t.events", "mine", key: "#"),
        // A queue that is being replaced, and one of earlier versions.
        ListedBinding("t.submit", "t.submit.migration", key: "#"), ListedBinding("t.submit.migration", "t.submit.migration", key: ""),
        ListedBinding("t.submit.migration", "t.submit", key: ""), ListedBinding("t.registry", "t.registry", key: "#"),
    ])
    func `one that a program of the grid makes is none`(binding: ListedBinding) throws {
        #expect(try findings(binding).map(\.level) == [.ok])
    }

    @Test func `the queue of a program that goes with its connection may be bound as that likes`() throws {
        var reading = ManagementReading.healthy(grid)
        let binding = ListedBinding("t.dead", "t.probe.x", key: "")
        reading.bindings = .success(try reading.bindings.get() + [binding])
        #expect(reading.bindingFindings(grid).map(\.level) == [.warning])
        var queues = try reading.queues.get()
        queues.listed.append(ListedQueue(grid.topology.listenerQueue("probe", "x")))
        reading.queues = .success(queues)
        #expect(reading.bindingFindings(grid).map(\.level) == [.ok])
    }

    @Test func `a queue of one program that outlives its connection is nobody's of the grid`() throws {
        var reading = ManagementReading.healthy(grid)
        let names = ["t.control.crew.x-2", "t.reply.app.x-2", "t.registry.spy", "t.monitor.m.x-2"]
        reading.bindings = .success([
            ListedBinding("t.control", names[0], key: "type.sum"), ListedBinding("t.events", names[1], key: "grid.started"),
            ListedBinding("t.registry", names[2], key: "#"), ListedBinding("t.registry", names[3], key: "#"),
        ])
        #expect(!reading.bindingFindings(grid).contains { $0.level == .warning })
        var queues = try reading.queues.get()
        queues.listed += names.map { name in
            var queue = ListedQueue(grid.topology.deadQueue)
            queue.name = name
            return queue
        }
        reading.queues = .success(queues)
        #expect(reading.bindingFindings(grid).filter { $0.level == .warning }.count == 4)
    }

    @Test func `the advice deletes the binding, by its names as a URL has them`() throws {
        let grid = CheckedGrid(
            endpoint: Endpoint(host: "node1", virtualHost: "a/b", user: "grid", password: "secret", tls: TLSSettings(ca: "/my ca.pem")),
            topology: Topology(prefix: "t"))
        var reading = ManagementReading.healthy(grid)
        reading.bindings = .success([ListedBinding("x y", "t.submit", key: "#"), ListedBinding("t.work", "t.work.hash", key: "hash")])
        let advice = reading.bindingFindings(grid).first?.advice
        let url = "https://node1:15671/api/bindings/a%2Fb/e/x%20y/q/t.submit/%2523"
        #expect(advice?.hasSuffix(": curl --cacert '/my ca.pem' -u grid -X DELETE \(url)") == true, "\(advice ?? "")")
        reading.bindings = .success([
            ListedBinding("t.work", "t.dead", of: "exchange", key: ""), ListedBinding("t.work", "t.work.hash", key: "hash"),
        ])
        #expect(reading.bindingFindings(grid).first?.advice?.contains("/e/t.work/e/t.dead/~") == true)
    }

    @Test func `many are named up to twenty, and the rest counted`() throws {
        var reading = ManagementReading.healthy(grid)
        reading.bindings = .success(try reading.bindings.get() + (1...25).map { ListedBinding("amq.topic", "t.submit", key: "\($0)") })
        let findings = reading.bindingFindings(grid)
        #expect(findings.count == 21 && findings.last?.found == "5 more bindings are not the grid's")
    }

    @Test func `a work queue that is not bound by its type is a problem`() throws {
        for other in [[], [ListedBinding("t.work", "t.work.hash", key: "sum")]] {
            var reading = ManagementReading.healthy(grid)
            reading.bindings = .success(try reading.bindings.get().filter { $0.destination != "t.work.hash" } + other)
            let problems = reading.bindingFindings(grid).filter { $0.level == .problem }
            #expect(
                problems.texts == ["problem bindings: t.work.hash: not bound to t.work by the type: tasks of it reach no queue, and wait"])
        }
    }

    @Test func `bindings that could not be read are one of the parts that were not looked at`() {
        var reading = ManagementReading.healthy(grid)
        reading.bindings = .failure(.init(reason: "the answer has more than 67108864 bytes"))
        let wrong = reading.findings(of: grid).wrong
        #expect(wrong.count == 1 && wrong[0].found.hasPrefix("bindings were not looked at"), "\(wrong)")
    }
}
