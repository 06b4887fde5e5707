import AMQP
import TaskGridCore
import Testing

/// The queues that each message arrives in: the bindings read as a broker reads them (AMQP 0-9-1, section 3.1.3).
@Suite struct RoutingTests {
    let topology = Topology()
    let reverse = TopologyTests.reverse
    let sum = TopologyTests.sum

    var bindings: [Binding] {
        [
            topology.dispatcher, topology.heartbeats(id: "d"), topology.nameservice, topology.registrations(id: "n1"),
            topology.registrations(id: "n2"), topology.monitor(id: "m"), topology.client(id: "c"),
            topology.worker(id: "w1", types: [reverse]), topology.worker(id: "w2", types: [reverse, sum]),
        ].flatMap(\.bindings)
    }

    func queues(_ exchange: Exchange, _ key: String) -> Set<String> {
        Set(
            bindings.filter { binding in
                guard binding.exchange == exchange.name else { return false }
                return switch exchange.kind {
                case .fanout: true
                case .direct: binding.key == key
                case .topic: Self.matches(binding.key.split(separator: ".")[...], key.split(separator: ".")[...])
                }
            }.map(\.queue)
        )
    }

    static func matches(_ pattern: ArraySlice<Substring>, _ key: ArraySlice<Substring>) -> Bool {
        guard let word = pattern.first else { return key.isEmpty }
        if word == "#" {
            return matches(pattern.dropFirst(), key) || (!key.isEmpty && matches(pattern, key.dropFirst()))
        }
        guard let first = key.first, word == "*" || word == first else { return false }
        return matches(pattern.dropFirst(), key.dropFirst())
    }

    @Test func `tasks, results and replies reach their queues`() {
        #expect(queues(topology.submit, "reverse") == ["taskgrid.submit"])
        #expect(queues(topology.work, "reverse") == ["taskgrid.work.reverse"])
        #expect(queues(topology.work, "hash").isEmpty, "comes back as returned: no worker of the type was ever there")
        #expect(queues(topology.results, "sum") == ["taskgrid.results"])
        #expect(queues(topology.reply, "c") == ["taskgrid.reply.c"])
        #expect(queues(topology.reply, "m") == ["taskgrid.reply.m"])
        #expect(queues(topology.reply, "gone").isEmpty)
    }

    @Test(arguments: [RegistryMessage.Kind.register, .heartbeat, .deregister]) func `registry messages reach every listener`(
        _ kind: RegistryMessage.Kind
    ) {
        let key = Topology.registryKey(kind, worker: "u.w1")
        #expect(
            queues(topology.registry, key)
                == ["taskgrid.registry.n1", "taskgrid.registry.n2", "taskgrid.heartbeats.d", "taskgrid.monitor.m"])
    }

    @Test func `queries reach their service`() {
        #expect(queues(topology.rpc, "dispatcher") == ["taskgrid.rpc.dispatcher"])
        #expect(queues(topology.rpc, "nameservice") == ["taskgrid.rpc.nameservice"])
    }

    @Test func `control messages reach the workers that they name`() {
        #expect(queues(topology.control, topology.cancelKey(reverse)) == ["taskgrid.control.w1", "taskgrid.control.w2"])
        #expect(queues(topology.control, topology.cancelKey(sum)) == ["taskgrid.control.w2"])
        #expect(queues(topology.control, topology.workerKey("w1")) == ["taskgrid.control.w1"])
        #expect(queues(topology.control, topology.workerKey("w3")).isEmpty, "comes back as returned: that worker is gone")
    }

    @Test func `events reach the monitor, and the grid's starts the clients`() {
        for key in [topology.taskEventKey(sum), topology.workerEventKey(.left), topology.gridEventKey("error")] {
            #expect(queues(topology.events, key) == ["taskgrid.monitor.m"])
        }
        #expect(queues(topology.events, topology.gridEventKey("started")) == ["taskgrid.monitor.m", "taskgrid.reply.c"])
    }

    @Test func `dead letters reach the dead-letter queue`() {
        #expect(queues(topology.dead, "anything") == ["taskgrid.dead"])
    }
}
