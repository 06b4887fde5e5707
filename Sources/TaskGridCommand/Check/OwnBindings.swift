import AMQP
import TaskGridCore

/// Tells the bindings that a grid makes from those that somebody else has made.
struct OwnBindings {
    private let topology: Topology
    private let exchanges: Set<String>
    /// The queues of single programs, which go with their connections, and their bindings with them.
    private let exclusive: Set<String>
    /// The queues that stay when the connection ends that declared them.
    private let lasting: Set<String>

    /// - Parameters:
    ///   - topology: the grid.
    ///   - queues: its queues.
    init(_ topology: Topology, queues: [ListedQueue]) {
        self.topology = topology
        exchanges = Set(topology.exchanges.map(\.name))
        exclusive = Set(queues.filter { $0.isExclusive == true }.map(\.name))
        lasting = Set(queues.filter { $0.isExclusive == false }.map(\.name))
    }

    /// Whether a message of the grid could take the way of a binding, or another message could come into the grid. The default exchange's are
    /// RabbitMQ's own.
    func concern(_ binding: ListedBinding) -> Bool {
        guard !binding.source.isEmpty else { return false }
        let leadsIn =
            binding.leadsToQueue ? binding.destination.hasPrefix("\(topology.prefix).") : exchanges.contains(binding.destination)
        return leadsIn || exchanges.contains(binding.source)
    }

    /// Whether the grid makes it. It binds no exchange to another.
    func contain(_ binding: ListedBinding) -> Bool {
        guard binding.leadsToQueue else { return false }
        if exclusive.contains(binding.destination) { return true }
        let queue = migrated(binding.destination)
        // A queue that is replaced by one with other arguments keeps its messages behind an exchange of this name.
        if binding.source == queue + Queue.spareSuffix { return true }
        // A program of the grid has exclusive queues of its own alone. One that stays was made by somebody who wanted it to outlive the login.
        if lasting.contains(queue), queue.hasPrefix("\(topology.prefix)."), !isShared(queue), queue != topology.formerRegistryQueue {
            return false
        }
        if queue == topology.formerRegistryQueue { return binding.source == topology.registry.name }
        if declared(queue, binding.key).contains(Binding(exchange: binding.source, queue: queue, key: binding.key)) { return true }
        // Anybody may listen to events in a queue of their own.
        return binding.source == topology.events.name && !isShared(queue)
    }

    /// The queue that a queue stands in for while that is replaced; else itself.
    private func migrated(_ queue: String) -> String {
        queue.hasSuffix(Queue.spareSuffix) ? String(queue.dropLast(Queue.spareSuffix.count)) : queue
    }

    private func isShared(_ queue: String) -> Bool { QueueUse(queue, topology)?.isShared == true }

    /// The bindings that the owner of a queue declares, for a key that may name a type.
    private func declared(_ queue: String, _ key: String) -> [Binding] {
        func rest(_ text: Substring) -> String { text.split(separator: ".", maxSplits: 1).last.map(String.init) ?? "" }
        if let type = topology.type(ofWorkQueue: queue) { return topology.work(type).bindings }
        let types = [try? TaskType(rest(key[...]))].compactMap(\.self)
        // A queue of one program has the program's id at its end.
        let id = rest(queue.dropFirst(topology.prefix.count + 1))
        let all =
            topology.dispatcher + topology.nameservice + topology.heartbeats(id: id) + topology.registrations(id: id)
            + topology.control(worker: id, types: types) + topology.monitor(id: id) + topology.client(id: id)
        return all.bindings.filter { $0.queue == queue }
    }
}
