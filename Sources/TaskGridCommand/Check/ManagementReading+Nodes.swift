import AMQP
import TaskGridCore

extension ManagementReading {
    /// The nodes of the cluster: whether they run, take messages and see each other.
    func nodeFindings(_ grid: CheckedGrid) -> [Finding] {
        guard case .success(let nodes) = nodes, !nodes.isEmpty else { return [] }
        var findings: [Finding] = []
        let stopped = nodes.filter { !$0.running }.map(\.name)
        if !stopped.isEmpty {
            findings.append(
                .warning(
                    .nodes, "\(stopped.listed) of \(nodes.count) nodes do not run",
                    advice: "start them: until then the cluster can spare fewer nodes; rabbitmqctl forget_cluster_node drops one for good"))
        }
        let partitioned = nodes.filter { $0.partitions?.isEmpty == false }.map(\.name)
        if !partitioned.isEmpty {
            findings.append(
                .problem(
                    .nodes, "\(partitioned.listed) do not see other nodes: the cluster is split",
                    advice: "restart the nodes of the smaller side, and set cluster_partition_handling = pause_minority in rabbitmq.conf"))
        }
        for (name, advice, isAlarmed) in [
            ("memory", "free memory, or raise vm_memory_high_watermark", \ListedNode.hasMemoryAlarm),
            ("disk", "free space on the disk of its data, or lower disk_free_limit", \ListedNode.hasDiskAlarm),
        ] as [(String, String, KeyPath<ListedNode, Bool?>)] {
            let alarmed = nodes.filter { $0[keyPath: isAlarmed] == true }.map(\.name)
            guard !alarmed.isEmpty else { continue }
            findings.append(.problem(.nodes, "\(alarmed.listed): \(name) alarm: the broker takes no messages from anybody", advice: advice))
        }
        let drained = nodes.filter { $0.isBeingDrained == true }.map(\.name)
        if !drained.isEmpty {
            findings.append(
                .warning(
                    .nodes, "\(drained.listed): in maintenance: no connections are taken", advice: "afterwards: rabbitmq-upgrade revive"))
        }
        return (findings.isEmpty ? [.ok(.nodes, Self.summary(nodes.count))] : findings) + clusterFindings(grid, nodes.count)
    }

    private static func summary(_ count: Int) -> String {
        count == 1 ? "one node, which runs, without alarms" : "\(count) nodes, which all run, without alarms"
    }

    /// What the grid makes of a cluster.
    private func clusterFindings(_ grid: CheckedGrid, _ count: Int) -> [Finding] {
        guard count > 1 else { return [] }
        var findings: [Finding] = []
        if count == 2, grid.topology.queueKind == .quorum {
            findings.append(
                .warning(
                    .nodes, "a cluster of two nodes: if one is down, quorum queues take no messages", advice: "add a third node"))
        }
        if grid.endpoint.addresses.count == 1 {
            findings.append(
                .warning(
                    .nodes, "the broker's URL names one address of a cluster of \(count) nodes",
                    advice: "name all of them, amqp://user:password@a,b,c/vhost, unless it is a load balancer's: if that node is down, "
                        + "programs cannot connect"))
        }
        if grid.topology.queueKind == .classic {
            findings.append(
                .warning(
                    .kinds, "the grid's queues are classic: each lives on one of the \(count) nodes, and is away while that is down",
                    advice: "start the grid with queue-kind quorum"))
        }
        return findings
    }
}
