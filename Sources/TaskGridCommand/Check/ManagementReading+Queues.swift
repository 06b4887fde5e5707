import AMQP
import TaskGridConfiguration
import TaskGridCore

extension ManagementReading {
    /// The grid's shared queues.
    private func shared(_ grid: CheckedGrid) -> [ListedQueue] {
        guard case .success(let queues) = queues else { return [] }
        return queues.listed.filter { QueueUse($0.name, grid.topology)?.isShared == true && $0.isExclusive != true }
    }

    /// Exchanges that are declared otherwise than the grid declares them.
    func exchangeFindings(_ grid: CheckedGrid) -> [Finding] {
        guard case .success(let listed) = exchanges else { return [] }
        let other = grid.topology.exchanges.filter { exchange in
            guard let found = listed.first(where: { $0.name == exchange.name }) else { return false }
            return found.kind != exchange.kind.rawValue || !found.durable || found.arguments?.values.isEmpty == false
        }
        guard !other.isEmpty else { return [] }
        return [
            .problem(
                .exchanges, "declared otherwise than this version declares them: \(other.map(\.name).listed)",
                advice: "a dispatcher that runs replaces them within seconds; if it does not, its log says why")
        ]
    }

    /// Whether queues are of the grid's kind, and declared as this version declares them.
    func kindFindings(_ grid: CheckedGrid) -> [Finding] {
        let wanted = grid.topology.queueKind.rawValue
        let shared = shared(grid)
        let other = Dictionary(grouping: shared.filter { ($0.kind ?? wanted) != wanted }) { $0.kind ?? wanted }
        var findings = other.sorted { $0.key < $1.key }.map { kind, queues in
            Finding.problem(
                .kinds, "\(queues.map(\.name).listed): \(kind), and the grid's kind of queues is \(wanted)",
                advice: queues.count == shared.count && Queue.Kind(rawValue: kind) != nil
                    ? "give every program --queue-kind \(kind), or queue-kind: \(kind) in config/taskgrid.yaml"
                    : "restart the services with --queue-kind \(wanted): they replace their queues, with their messages; a work queue "
                        + "is replaced once its workers are stopped and it is deleted: rabbitmqctl delete_queue NAME")
        }
        let different = shared.filter { ($0.kind ?? wanted) == wanted && !$0.isDeclared(as: grid.topology.declared($0.name)) }
        if !different.isEmpty {
            findings.append(
                .warning(
                    .kinds, "declared with other arguments than this version declares them: \(different.map(\.name).listed)",
                    advice: "restart the services, which replace their queues with the messages in them"))
        }
        if findings.isEmpty, !shared.isEmpty { findings = [.ok(.kinds, "all \(shared.count) shared queues are \(wanted)")] }
        return findings + defaultKindFindings(grid)
    }

    /// The kind that the virtual host gives a queue that does not say one.
    private func defaultKindFindings(_ grid: CheckedGrid) -> [Finding] {
        guard case .success(let hosts) = virtualHosts, grid.topology.queueKind == .classic,
            let kind = hosts.first(where: { $0.name == grid.endpoint.virtualHost })?.defaultQueueType,
            !["classic", "undefined", ""].contains(kind)
        else { return [] }
        return [
            .problem(
                .kinds, "the virtual host makes new queues \(kind), and the grid's kind of queues is classic",
                advice:
                    "start the grid with queue-kind quorum, or: rabbitmqctl update_vhost_metadata \(ShellWord(grid.endpoint.virtualHost)) "
                    + "--default-queue-type classic")
        ]
    }

    /// Whether each quorum queue has a leader and the majority of its members, and whether the others run.
    func memberFindings(_ grid: CheckedGrid) -> [Finding] {
        let shared = shared(grid)
        let quorum = shared.filter { $0.kind == Queue.Kind.quorum.rawValue }
        let nodeCount = if case .success(let nodes) = nodes { nodes.count } else { 1 }
        var findings: [Finding] = []
        func add(_ queues: [ListedQueue], _ finding: (String) -> Finding) {
            if !queues.isEmpty { findings.append(finding(queues.map(\.name).listed)) }
        }
        add(quorum.filter { !$0.hasMajority }) { names in
            .problem(
                .members, "\(names): fewer members are up than a majority: messages are neither taken nor delivered",
                advice: "start the nodes that are down: rabbitmq-queues quorum_status NAME")
        }
        add(quorum.filter { $0.hasMajority && ($0.leader ?? "").isEmpty }) { names in
            .problem(
                .members, "\(names): no leader", advice: "see whether it elects one: rabbitmq-queues quorum_status NAME")
        }
        add(quorum.filter { $0.hasMajority && $0.membersDown > 0 }) { names in
            .warning(.members, "\(names): a member is down", advice: "start its node: another loss may stop the queue")
        }
        add(quorum.filter { nodeCount > 2 && ($0.members?.count ?? nodeCount) < 3 }) { names in
            .warning(
                .members, "\(names): on fewer than three of the \(nodeCount) nodes",
                advice: "rabbitmq-queues grow NODE all --vhost-pattern \(ShellWord(grid.endpoint.virtualHost))")
        }
        add(shared.filter { ["down", "stopped", "crashed"].contains($0.state) }) { names in
            .problem(.members, "\(names): down", advice: "start the node that it lives on: rabbitmqctl list_queues name state")
        }
        if findings.isEmpty, !quorum.isEmpty { return [.ok(.members, "each quorum queue has a leader and all its members")] }
        return findings
    }
}

extension ListedQueue {
    var membersDown: Int { (members?.count ?? 0) - (online?.count ?? members?.count ?? 0) }

    /// Whether more than half of its members are up; also where the broker does not say.
    var hasMajority: Bool {
        guard let members, let online, !members.isEmpty else { return true }
        return online.count * 2 > members.count
    }

    /// Whether its arguments are those of a declaration. RabbitMQ 4 adds the kind itself.
    func isDeclared(as queue: Queue?) -> Bool {
        guard let queue, let arguments else { return true }
        func compared(_ table: FieldTable) -> FieldTable { table.filter { $0.key != "x-queue-type" } }
        return compared(arguments.values) == compared(queue.arguments)
    }
}
