import AMQP
import Foundation
import TaskGridCore
import Testing

@testable import TaskGridCommand

extension CheckedGrid {
    /// The user `grid` of the grid `t`.
    static func sample(_ kind: Queue.Kind = .classic, role: GridRole = .all, addresses: Int = 1, types: [TaskType] = []) -> CheckedGrid {
        var endpoint = Endpoint(user: "grid", password: "secret")
        endpoint.addresses = (1...addresses).map { Endpoint.Address(host: "node\($0)") }
        return CheckedGrid(endpoint: endpoint, topology: Topology(prefix: "t", queueKind: kind), role: role, types: types)
    }
}

extension ManagementReading {
    /// Of a healthy grid with the type hash, on one node.
    static func healthy(_ grid: CheckedGrid = .sample()) -> ManagementReading {
        var reading = ManagementReading(ManagementInterface(beside: grid.endpoint), without: ManagementInterface.Failure(reason: "unset"))
        reading.overview = .success(BrokerOverview(version: "4.0.5", cluster: "rabbit@node1"))
        reading.nodes = .success([
            ListedNode(name: "rabbit@node1", running: true, partitions: [], hasMemoryAlarm: false, hasDiskAlarm: false)
        ])
        reading.virtualHosts = .success([ListedVirtualHost(name: "/", defaultQueueType: "classic")])
        let declared = (grid.topology.dispatcher + grid.topology.nameservice).queues + [grid.topology.workQueue(TaskType(literal: "hash"))]
        let own = [grid.topology.listenerQueue("control", "w"), grid.topology.replyQueue(client: "c")]
        reading.queues = .success(Queues(listed: (declared + own).map(ListedQueue.init), total: 20))
        reading.exchanges = .success(
            grid.topology.exchanges.map {
                ListedExchange(name: $0.name, kind: $0.kind.rawValue, durable: true, arguments: QueueSettings([:]))
            })
        reading.bindings = .success(.healthy(grid.topology))
        reading.policies = .success([])
        reading.operatorPolicies = .success([])
        reading.permissions = .success([ListedPermission(vhost: "/", configure: ".*", write: ".*", read: ".*")])
        reading.topicPermissions = .success([])
        reading.limits = .success([:])
        reading.userLimits = .success([:])
        reading.logins = .success([])
        reading.deprecated = .success([])
        return reading
    }

    /// Changes one queue.
    mutating func change(_ name: String, _ body: (inout ListedQueue) -> Void) throws {
        var found = try queues.get()
        let index = try #require(found.listed.firstIndex { $0.name == name })
        body(&found.listed[index])
        queues = .success(found)
    }
}

extension [ListedBinding] {
    /// Of a grid with the type hash, a worker and a client, and the default exchange's.
    static func healthy(_ topology: Topology) -> [ListedBinding] {
        let hash = TaskType(literal: "hash")
        let declarations =
            topology.dispatcher + topology.nameservice + topology.work(hash) + topology.control(worker: "crew.w", types: [hash])
            + topology.client(id: "app.c") + topology.monitor(id: "m.1") + topology.heartbeats(id: "d.1")
            + topology.registrations(id: "n.1")
        return declarations.bindings.map { ListedBinding($0.exchange, $0.queue, key: $0.key) }
            + declarations.queues.map { ListedBinding("", $0.name, key: $0.name) }
    }
}

extension ListedBinding {
    init(_ source: String, _ destination: String, of kind: String = "queue", key: String) {
        // As RabbitMQ writes those of these keys.
        let properties = key.isEmpty ? "~" : key.replacing("#", with: "%23")
        self.init(source: source, destination: destination, destinationKind: kind, key: key, properties: properties)
    }
}

extension ListedQueue {
    /// As RabbitMQ 4 lists it, on one node.
    init(_ queue: Queue) {
        let kind = queue.arguments["x-queue-type"]?.text ?? "classic"
        self.init(
            name: queue.name, kind: kind, state: "running", isExclusive: queue.isExclusive,
            arguments: QueueSettings(queue.arguments.merging(["x-queue-type": .string(kind)]) { $1 }),
            leader: kind == "quorum" ? "rabbit@node1" : nil, members: kind == "quorum" ? ["rabbit@node1"] : nil,
            online: kind == "quorum" ? ["rabbit@node1"] : nil
        )
    }
}

extension ListedPolicy {
    /// One for queues, unless another thing is said.
    static func sample(
        _ name: String, _ pattern: String, _ definition: FieldTable, appliesTo: String = "queues", priority: Int = 0
    ) -> ListedPolicy {
        ListedPolicy(name: name, pattern: pattern, appliesTo: appliesTo, priority: priority, definition: QueueSettings(definition))
    }
}

extension [Finding] {
    /// Those that are not ok.
    var wrong: [Finding] { filter { $0.level != .ok } }

    /// Their levels and what was found, for an expectation that names both.
    var texts: [String] { map { "\($0.level.rawValue) \($0.subject.rawValue): \($0.found)" } }
}

extension BrokerGreeting {
    static func sample(
        version: String = "4.0.5", product: String = "RabbitMQ", cluster: String = "a", heartbeat: Int = 10, lastChannel: Int = 64,
        capabilities: FieldTable = [
            "publisher_confirms": true, "basic.nack": true, "consumer_cancel_notify": true, "connection.blocked": true,
        ]
    ) -> BrokerGreeting {
        BrokerGreeting(
            properties: [
                "product": .string(product), "version": .string(version), "cluster_name": .string(cluster),
                "capabilities": .table(capabilities),
            ],
            heartbeat: heartbeat, frameSize: 131_072, lastChannel: lastChannel
        )
    }
}
