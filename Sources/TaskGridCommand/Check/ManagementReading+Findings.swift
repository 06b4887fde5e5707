import TaskGridCore

extension ManagementReading {
    /// All that the management interface tells about the grid.
    func findings(of grid: CheckedGrid) -> [Finding] {
        switch overview {
        case .failure(let failure): return [unreached(failure)]
        case .success(let overview):
            let cluster = overview.cluster.map { ", cluster \($0)" } ?? ""
            let found = Finding.ok(.management, "\(interface.address) is RabbitMQ \(overview.version)\(cluster)")
            let version = BrokerVersion(overview.version)
            // The broker has refused the login then, and said so.
            guard !lacksVirtualHost else { return [found] + nodeFindings(grid) }
            return [found] + nodeFindings(grid) + exchangeFindings(grid) + kindFindings(grid) + memberFindings(grid)
                + bindingFindings(grid) + policyFindings(grid, version) + rightsFindings(grid) + loginFindings(grid)
                + strangerFindings(grid) + storeFindings(grid) + limitFindings(grid) + deprecationFindings + unreadFindings(grid)
        }
    }

    /// Whether there is no such virtual host.
    private var lacksVirtualHost: Bool {
        if case .failure(let failure) = queues { failure.status == 404 } else { false }
    }

    private func unreached(_ failure: ManagementInterface.Failure) -> Finding {
        let advice =
            if failure.status == 401 {
                "name a user who may with --admin http://user:password@host:port, or let this one: rabbitmqctl set_user_tags NAME monitoring"
            } else {
                "name it with --admin http://user:password@host:port; where it is off: rabbitmq-plugins enable rabbitmq_management"
            }
        return .warning(
            .management,
            "nodes, kinds of queues, bindings, policies, rights and limits were not looked at: \(interface.address) says: \(failure.reason)",
            advice: advice)
    }

    /// One warning for all parts that the user may not see.
    private func unreadFindings(_ grid: CheckedGrid) -> [Finding] {
        func reason<Value>(_ part: Part<Value>) -> String? {
            if case .failure(let failure) = part { failure.reason } else { nil }
        }
        let isUnknownUser = if case .failure(let failure) = permissions { failure.status == 404 } else { false }
        let parts: [(String, String?)] = [
            ("nodes", reason(nodes)), ("virtual hosts", reason(virtualHosts)), ("queues", reason(queues)),
            ("exchanges", reason(exchanges)), ("bindings", reason(bindings)), ("policies", reason(policies) ?? reason(operatorPolicies)),
            ("rights", isUnknownUser ? nil : reason(permissions)), ("topic rights", isUnknownUser ? nil : reason(topicPermissions)),
            ("limits", reason(limits)), ("limits of the user", reason(userLimits)),
            ("connections", grid.role == .all ? reason(logins) : nil),
            ("deprecated features", reason(deprecated)),
        ]
        let unread = parts.compactMap { part in part.1.map { (part.0, $0) } }
        guard let first = unread.first else { return [] }
        return [
            .warning(
                .management, "\(unread.map(\.0).joined(separator: ", ")) were not looked at: \(interface.address) says: \(first.1)",
                advice: "name an administrator with --admin http://user:password@host:port")
        ]
    }

    private var deprecationFindings: [Finding] {
        guard case .success(let features) = deprecated, !features.isEmpty else { return [] }
        return [
            .warning(
                .deprecated, "the broker's programs use what a later RabbitMQ will not have: \(features.map(\.name).sorted().listed)",
                advice: "find which program does before you upgrade: the grid uses none of it")
        ]
    }
}
