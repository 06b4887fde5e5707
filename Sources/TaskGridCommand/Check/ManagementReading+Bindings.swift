import AMQP
import TaskGridConfiguration
import TaskGridCore

extension ManagementReading {
    /// The most bindings that are named one by one.
    private static let maximumNamed = 20

    /// Bindings that the grid does not make, and work queues without theirs.
    func bindingFindings(_ grid: CheckedGrid) -> [Finding] {
        guard case .success(let bindings) = bindings, case .success(let queues) = queues else { return [] }
        let own = OwnBindings(grid.topology, queues: queues.listed)
        let known = bindings.filter(own.concern)
        let foreign = known.filter { !own.contain($0) }
        var findings = unboundFindings(grid, known, queues.listed) + foreign.prefix(Self.maximumNamed).map { warning($0, grid) }
        if foreign.count > Self.maximumNamed {
            findings.append(
                .warning(
                    .bindings, "\(foreign.count - Self.maximumNamed) more bindings are not the grid's",
                    advice: "rabbitmqctl list_bindings \(grid.virtualHostOption) lists all"))
        }
        guard findings.isEmpty, !known.isEmpty else { return findings }
        return [.ok(.bindings, "all \(known.count) of the grid's exchanges and queues are its own")]
    }

    /// A binding outlives the login that has made it.
    private func warning(_ binding: ListedBinding, _ grid: CheckedGrid) -> Finding {
        .warning(
            .bindings,
            "\(binding.destinationKind) '\(binding.destination)' is bound to exchange '\(binding.source)' with the key '\(binding.key)', "
                + "which no part of the grid does",
            advice: "find out who did it, and delete it: "
                + interface.deletion(of: binding.target(virtualHost: grid.endpoint.virtualHost)))
    }

    /// Tasks of a type whose queue is not bound come back to the dispatcher, which binds the queue where it may.
    private func unboundFindings(_ grid: CheckedGrid, _ bindings: [ListedBinding], _ queues: [ListedQueue]) -> [Finding] {
        let bound = Set(
            bindings.filter(\.leadsToQueue).map { Binding(exchange: $0.source, queue: $0.destination, key: $0.key) })
        let unbound = queues.map(\.name).filter { name in
            guard let type = grid.topology.type(ofWorkQueue: name) else { return false }
            return bound.isDisjoint(with: grid.topology.work(type).bindings)
        }
        guard !unbound.isEmpty else { return [] }
        return [
            .problem(
                .bindings, "\(unbound.listed): not bound to \(grid.topology.work.name) by the type: tasks of it reach no queue, and wait",
                advice: "start a worker of the type: the dispatcher then binds the queue with the next task; if it stays so, the "
                    + "dispatcher's log and /healthz say why it may not")
        ]
    }
}
