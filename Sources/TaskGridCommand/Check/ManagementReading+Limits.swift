import AMQP
import TaskGridConfiguration
import TaskGridCore

extension ManagementReading {
    /// Limits of the virtual host and the user that leave no room.
    func limitFindings(_ grid: CheckedGrid) -> [Finding] {
        var findings: [Finding] = []
        if case .success(let limits) = limits {
            let host = grid.endpoint.virtualHost
            let clear = "rabbitmqctl clear_vhost_limits \(grid.virtualHostOption)"
            if let limit = limits["max-queues"], case .success(let queues) = queues {
                findings += Self.finding(limit, used: queues.total, "the virtual host '\(host)' may have \(limit) queues", clear)
            }
            if let limit = limits["max-connections"], case .success(let count) = connections {
                findings += Self.finding(limit, used: count, "the virtual host '\(host)' may have \(limit) connections", clear)
            }
        }
        if case .success(let limits) = userLimits {
            for (name, limit) in limits.sorted(by: { $0.key < $1.key }) where (0..<Self.leastOfUser).contains(limit) {
                findings.append(
                    .warning(
                        .limits, "user '\(grid.endpoint.user)' has a \(name) of \(limit): a service has up to four connections",
                        advice: "raise it, or: rabbitmqctl clear_user_limits \(ShellWord(grid.endpoint.user)) \(name)"))
            }
        }
        guard findings.isEmpty, case .success = limits, case .success = userLimits else { return findings }
        return [.ok(.limits, "the virtual host's and the user's leave room")]
    }

    private static let leastOfUser = 100

    private static func finding(_ limit: Int, used: Int, _ text: String, _ advice: String) -> [Finding] {
        // Negative: no limit.
        guard limit >= 0, used * 10 >= limit * 8 else { return [] }
        let found = "\(text), and has \(used)"
        let advice = "raise the limit, or: \(advice)"
        return [used >= limit ? .problem(.limits, found, advice: advice) : .warning(.limits, found, advice: advice)]
    }
}
