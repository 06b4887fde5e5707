import AMQP
import TaskGridCore
import TestSupport
import Testing

@Suite struct TopologyTests {
    static let reverse = TaskType(literal: "reverse")
    static let sum = TaskType(literal: "sum")
    /// Proof that this cannot throw: as many lower-case letters as may be are a valid name.
    static let longestType = try! TaskType(String(repeating: "t", count: TaskType.maximumLength))

    static func everyone(_ topology: Topology, id: String, types: [TaskType]) -> [(String, Declarations)] {
        [
            ("dispatcher", topology.dispatcher + topology.heartbeats(id: id)),
            ("nameservice", topology.nameservice + topology.registrations(id: id)), ("worker", topology.worker(id: id, types: types)),
            ("monitor", topology.monitor(id: id)),
            ("client", topology.client(id: id)),
        ]
    }

    @Test func `the names and kinds of exchanges and queues are fixed`() {
        let topology = Topology()
        #expect(
            topology.exchanges.map { "\($0.name) \($0.kind)" } == [
                "taskgrid.submit topic", "taskgrid.work topic", "taskgrid.results topic", "taskgrid.reply topic",
                "taskgrid.registry topic", "taskgrid.rpc topic", "taskgrid.control topic", "taskgrid.events topic",
                "taskgrid.dead fanout",
            ]
        )
        #expect(topology.submitQueue.name == "taskgrid.submit")
        #expect(topology.resultsQueue.name == "taskgrid.results")
        #expect(topology.formerRegistryQueue == "taskgrid.registry")
        #expect(topology.listenerQueue("registry", "n").name == "taskgrid.registry.n")
        #expect(topology.deadQueue.name == "taskgrid.dead")
        #expect(topology.workQueue(Self.reverse).name == "taskgrid.work.reverse")
        #expect(topology.rpcQueue(.dispatcher).name == "taskgrid.rpc.dispatcher")
        #expect(topology.rpcQueue(.nameservice).name == "taskgrid.rpc.nameservice")
        #expect(topology.replyQueue(client: "c").name == "taskgrid.reply.c")
        #expect(topology.listenerQueue("control", "w").name == "taskgrid.control.w")
        #expect(topology.dispatcherLock.name == "taskgrid.dispatcher.lock")
        #expect(Topology(prefix: "other").work.name == "other.work")
    }

    @Test func `the routing keys are fixed`() {
        let topology = Topology()
        #expect(Topology.registryKey(.register, worker: "u.w") == "register.u.w")
        #expect(topology.workerKey("u.w") == "u.w")
        #expect(topology.cancelKey(Self.sum) == "type.sum")
        #expect(topology.taskEventKey(Self.sum) == "task.sum")
        #expect(topology.workerEventKey(.joined) == "worker.joined")
        #expect(topology.gridEventKey("started") == "grid.started")
    }

    @Test func `quorum queues are declared so, and queues of one listener never are`() {
        #expect(Topology().workQueue(Self.sum).arguments == [:])
        let topology = Topology(queueKind: .quorum)
        for queue in [topology.submitQueue, topology.resultsQueue, topology.workQueue(Self.sum)] {
            #expect(
                queue.arguments
                    == ["x-queue-type": "quorum", "x-queue-leader-locator": "balanced", "x-delivery-limit": 2_147_483_647])
        }
        for queue in (topology.dispatcher + topology.nameservice + topology.work(types: [Self.sum])).queues {
            #expect(queue.arguments["x-queue-type"] == "quorum" && queue.isDurable && !queue.isExclusive, "\(queue.name)")
        }
        // A queue of one listener is never replicated.
        let replies = Topology(queueKind: .quorum).replyQueue(client: "c")
        #expect(replies == .exclusive("taskgrid.reply.c", arguments: ["x-max-length-bytes": 134_217_728]))
    }

    @Test func `every queue that others fill and nobody has to empty is bounded in bytes`() {
        let topology = Topology()
        let queues = [
            topology.deadQueue, topology.rpcQueue(.dispatcher), topology.rpcQueue(.nameservice), topology.replyQueue(client: "c"),
            topology.listenerQueue("control", "w"), topology.listenerQueue("registry", "n"),
        ]
        for queue in queues { #expect(queue.arguments["x-max-length-bytes"]?.integer != nil, "\(queue.name)") }
    }

    @Test func `a dispatcher's lock is exclusive whatever the kind of the queues`() {
        #expect(Topology(queueKind: .quorum).dispatcherLock.isExclusive)
    }

    /// Declarations that have a binding have its two ends too, and nothing twice.
    @Test(arguments: Queue.Kind.allCases) func `a binding is declared with its exchange and its queue`(_ kind: Queue.Kind) {
        for (who, declarations) in Self.everyone(Topology(queueKind: kind), id: "x", types: [Self.reverse, Self.sum]) {
            let exchanges = declarations.exchanges.map(\.name)
            let queues = declarations.queues.map(\.name)
            for binding in declarations.bindings {
                #expect(exchanges.contains(binding.exchange), "\(who)")
                #expect(queues.contains(binding.queue), "\(who)")
            }
            #expect(Set(queues) == Set(declarations.bindings.map(\.queue)), "\(who) declares a queue that nothing reaches")
            #expect(exchanges.count == Set(exchanges).count && queues.count == Set(queues).count, "\(who)")
            #expect(declarations.bindings.count == Set(declarations.bindings).count, "\(who)")
            #expect(!queues.contains(""), "\(who)")
            #expect(Set(exchanges) == Set(Topology().exchanges.map(\.name)), "\(who)")
        }
    }

    /// Two that declare the same queue or exchange declare it alike, or the broker refuses the second (406).
    @Test func `services that declare the same queue or exchange declare it alike`() {
        let all = Self.everyone(Topology(), id: "x", types: [Self.reverse]).map(\.1)
        for (name, queues) in Dictionary(grouping: all.flatMap(\.queues), by: \.name) { #expect(Set(queues).count == 1, "\(name)") }
        for (name, exchanges) in Dictionary(grouping: all.flatMap(\.exchanges), by: \.name) {
            #expect(Set(exchanges).count == 1, "\(name)")
        }
    }

    @Test func `joined declarations hold each one once`() {
        let worker = Topology().worker(id: "w", types: [Self.reverse])
        #expect(worker + worker == worker)
        #expect(Declarations() + worker == worker)
    }

    /// AMQP's names and keys are at most 255 bytes.
    @Test func `the longest names fit`() {
        let topology = Topology(prefix: String(repeating: "p", count: Topology.maximumPrefixLength), queueKind: .quorum)
        let id = String(repeating: "i", count: WireFormat.maximumIDLength)
        for (who, declarations) in Self.everyone(topology, id: id, types: [Self.longestType]) {
            let names =
                declarations.exchanges.map(\.name) + declarations.queues.map(\.name) + declarations.bindings.map(\.key)
            for name in names { #expect(name.utf8.count <= 255, "\(who): \(name)") }
        }
    }

    @Test func `the registry key of the longest id fits`() {
        let id = String(repeating: "i", count: WireFormat.maximumIDLength)
        #expect(Topology.registryKey(.deregister, worker: id).utf8.count <= 255)
    }

    @Test func `services have a user each, named after the grid`() {
        #expect(
            Topology().users
                == ServiceUsers(dispatcher: "taskgrid-dispatcher", nameservice: "taskgrid-nameservice", monitor: "taskgrid-monitor"))
        #expect(Topology(prefix: "A-b_c").users.dispatcher == "a-b-c-dispatcher")
    }

    @Test(arguments: ["taskgrid", "a", "Ab-c_d", "0", String(repeating: "p", count: 64)])
    func `a prefix is a short word of letters, digits, dashes and underscores`(_ prefix: String) {
        #expect(Topology.isValid(prefix: prefix))
    }

    @Test(arguments: [
        "", ".a", "taskgrid.x", "a.", "-a", "a b", "a*", "a#", "é", "e\u{301}", "a\n", "a/b", String(repeating: "p", count: 65),
    ])
    func `other texts are no prefixes`(_ prefix: String) {
        #expect(!Topology.isValid(prefix: prefix))
    }
}
