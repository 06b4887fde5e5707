import AMQP
import TaskGridCore

/// The rights that a part of the grid needs at RabbitMQ, which checks an operation against the name of an exchange or a queue, and what is
/// published to or bound from a topic exchange against the routing key too (rabbitmq.com, "Access Control").
struct NeededRights: Hashable {
    enum Operation: String, CaseIterable {
        case configure, write, read
    }

    /// A routing key of a topic exchange.
    struct Key: Hashable {
        let operation: Operation
        let exchange: String
        let key: String
    }

    /// The names of exchanges and queues, by operation.
    private(set) var names: [Operation: Set<String>] = [:]
    private(set) var keys: Set<Key> = []

    private let topology: Topology
    /// The id of a program: its queues have it in their names.
    private let id: String

    /// - Parameters:
    ///   - role: the part.
    ///   - topology: the grid's names.
    ///   - user: the user that has the rights.
    ///   - types: the types whose tasks it handles.
    init(_ role: GridRole, _ topology: Topology, user: String, types: [TaskType]) {
        self.topology = topology
        id = "check-1".owned(by: user)
        for part in role.parts { add(part, types) }
    }

    private mutating func add(_ part: GridRole, _ types: [TaskType]) {
        switch part {
        case .all: break
        case .dispatcher:
            declare(topology.dispatcher + topology.heartbeats(id: id), ownsExchanges: true, ownsQueues: true)
            need(.configure, topology.dispatcherLock.name)
            consume([
                topology.submitQueue, topology.resultsQueue, topology.rpcQueue(.dispatcher), topology.listenerQueue("heartbeats", id),
            ])
            for type in types {
                declare(topology.work(type), ownsQueues: true)
                // It purges and deletes it.
                consume([topology.workQueue(type)])
            }
            publish(topology.work, types.map(\.name))
            publish(topology.control, [topology.workerKey(id), Topology.allWorkersKey] + types.map(topology.cancelKey))
            publish(topology.events, [topology.gridEventKey("started")] + types.map(topology.taskEventKey))
            publish(topology.reply, [id])
        case .nameservice:
            declare(topology.nameservice + topology.registrations(id: id), ownsQueues: true)
            consume([topology.rpcQueue(.nameservice), topology.listenerQueue("registry", id)])
            publish(topology.control, [topology.workerKey(id), Topology.allWorkersKey])
            publish(topology.events, [topology.gridEventKey("started"), topology.workerEventKey(.joined)])
            publish(topology.reply, [id])
        case .monitor:
            declare(topology.monitor(id: id))
            consume([topology.listenerQueue("monitor", id), topology.replyQueue(client: id)])
            publish(topology.rpc, [Topology.Service.dispatcher, .nameservice].map(\.rawValue))
            publish(topology.events, [topology.gridEventKey("started")])
        case .worker:
            declare(topology.worker(id: id, types: types))
            consume(types.map(topology.workQueue) + [topology.listenerQueue("control", id)])
            publish(topology.results, types.map(\.name))
            publish(topology.registry, [Topology.registryKey(.heartbeat, worker: id)])
            publish(topology.control, [topology.workerKey(id)])
        case .client:
            declare(topology.client(id: id))
            consume([topology.replyQueue(client: id)])
            publish(topology.submit, types.map(\.name))
            publish(topology.rpc, [Topology.Service.dispatcher, .nameservice].map(\.rawValue))
        }
        publish(topology.dead, [""])
    }

    private mutating func need(_ operation: Operation, _ name: String) { names[operation, default: []].insert(name) }

    /// The owner of a queue declares and binds it. Others use it as it is, or wait for it.
    private mutating func declare(_ declarations: Declarations, ownsExchanges: Bool = false, ownsQueues: Bool = false) {
        for exchange in declarations.exchanges where ownsExchanges { need(.configure, exchange.name) }
        for queue in declarations.queues where ownsQueues || queue.isExclusive {
            need(.configure, queue.name)
            for binding in declarations.bindings where binding.queue == queue.name {
                need(.write, queue.name)
                need(.read, binding.exchange)
                addKey(.read, binding.exchange, binding.key)
            }
        }
    }

    private mutating func consume(_ queues: [Queue]) {
        for queue in queues { need(.read, queue.name) }
    }

    private mutating func publish(_ exchange: Exchange, _ keys: [String]) {
        need(.write, exchange.name)
        for key in keys { addKey(.write, exchange.name, key) }
    }

    private mutating func addKey(_ operation: Operation, _ exchange: String, _ key: String) {
        guard topology.exchanges.contains(where: { $0.name == exchange && $0.kind == .topic }) else { return }
        keys.insert(Key(operation: operation, exchange: exchange, key: key))
    }
}
