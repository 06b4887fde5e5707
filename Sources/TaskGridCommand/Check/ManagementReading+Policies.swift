import AMQP
import TaskGridConfiguration
import TaskGridCore

extension ManagementReading {
    /// Policies and operator policies that would lose, delay or hide messages of the grid's queues.
    func policyFindings(_ grid: CheckedGrid, _ version: BrokerVersion?) -> [Finding] {
        guard case .success(let queues) = queues, case .success(let listed) = policies, case .success(let operators) = operatorPolicies
        else { return [] }
        let (policies, operatorPolicies) = (PolicyChoice(listed), PolicyChoice(operators))
        let known = queues.listed.filter { QueueUse($0.name, grid.topology) != nil }
            .map { GovernedQueue(queue: $0, policy: policies.policy(for: $0), operatorPolicy: operatorPolicies.policy(for: $0)) }
        guard !known.isEmpty else { return [] }
        let unreadable = (policies.unreadable + operatorPolicies.unreadable).map { policy in
            Finding.warning(
                .policies, "the pattern '\(policy.pattern)' of policy '\(policy.name)' cannot be read here",
                advice: "see whether it matches the grid's queues, and whether it hurts them: "
                    + "rabbitmqctl list_policies \(grid.virtualHostOption), rabbitmqctl list_operator_policies \(grid.virtualHostOption)")
        }
        let hazards = Self.hazardFindings(known, grid, version)
        return unreadable.isEmpty ? hazards : unreadable + hazards.filter { $0.level != .ok }
    }

    private static func hazardFindings(_ known: [GovernedQueue], _ grid: CheckedGrid, _ version: BrokerVersion?) -> [Finding] {
        var order: [QueueHazard] = []
        var names: [QueueHazard: [String]] = [:]
        for queue in known {
            for hazard in queue.hazards(grid.topology, version) {
                if names[hazard] == nil { order.append(hazard) }
                names[hazard, default: []].append(queue.queue.name)
            }
        }
        guard !order.isEmpty else {
            let policies = Set(known.flatMap(\.policyNames)).sorted().listed
            let which = policies.isEmpty ? "none is in force for" : "\(policies): in force, and not harmful, for"
            return [.ok(.policies, "\(which) the grid's \(known.count) queues")]
        }
        return order.map { hazard in
            Finding(
                level: hazard.level, subject: .policies,
                found: "\((names[hazard] ?? []).listed): \(hazard.effect)\(hazard.policies.isEmpty ? "" : " (\(hazard.policies))")",
                advice: hazard.remedy ?? "take \(hazard.key) out of the policy, or the grid's queues out of its pattern: "
                    + hazard.lists.map { "rabbitmqctl \($0) \(grid.virtualHostOption)" }.joined(separator: ", "))
        }
    }
}

/// A setting of a queue that hurts.
struct QueueHazard: Hashable {
    let level: Finding.Level
    /// The setting, as a policy names it.
    let key: String
    /// What comes of it.
    let effect: String
    /// The policies that say it; empty: the queue's own arguments do.
    let policies: String
    /// The commands of rabbitmqctl that show them.
    let lists: [String]
    /// What to do, where it is something else than to change the policy.
    var remedy: String?
}

extension GovernedQueue {
    /// A quorum queue that gives up sooner may drop a message which a crashing program has got several times.
    private static let leastDeliveryLimit: Int64 = 100
    /// Fewer are gone in a moment: 100 workers send as many heartbeats in 10 s.
    private static let leastLength: Int64 = 1000
    private static let leastBytes: Int64 = 1 << 20
    private static let leastTime: Int64 = 10_000
    private static let leastConsumerTimeout: Int64 = 60_000

    func hazards(_ topology: Topology, _ version: BrokerVersion?) -> [QueueHazard] {
        guard let use = QueueUse(queue.name, topology) else { return [] }
        return lengthHazards(use) + timeHazards(use) + deliveryHazards(use, version) + otherHazards(use, topology)
    }

    private func setting(_ key: String) -> Int64? { value(key)?.integer }

    /// The policies that give the setting the value that hurts are named, and no others.
    private func hazard(
        _ level: Finding.Level, _ key: String, _ effect: String, value hurting: FieldValue? = nil, remedy: String? = nil
    ) -> QueueHazard {
        let hurting = hurting ?? value(key)
        let known = [(policy, "policy", "list_policies"), (operatorPolicy, "operator policy", "list_operator_policies")]
        let named = known.filter { $0.0 != nil && $0.0?.definition.values[key] == hurting }
        return QueueHazard(
            level: level, key: key, effect: effect, policies: named.map { "\($0.1) '\($0.0?.name ?? "")'" }.joined(separator: ", "),
            lists: named.map(\.2), remedy: remedy
        )
    }

    private func lengthHazards(_ use: QueueUse) -> [QueueHazard] {
        let overflow = value("overflow")?.text ?? queue.arguments?.values["x-overflow"]?.text ?? "drop-head"
        return [("max-length", "messages", Self.leastLength), ("max-length-bytes", "bytes", Self.leastBytes)].compactMap {
            key, unit, least in
            guard let limit = setting(key) else { return nil }
            let room = "\(key) \(limit)"
            guard use.carriesTasks else {
                guard limit < least else { return nil }
                return hazard(.warning, key, "\(room): it has room for \(limit) \(unit), and loses what comes beyond")
            }
            guard overflow == "drop-head" else {
                guard use != .submissions else { return nil }
                return hazard(
                    .warning, key, "\(room), \(overflow): while it is full, \(use == .work ? "no task is handed out" : "results wait")")
            }
            let loss = use == .submissions ? "the oldest submissions are dropped" : "the oldest are dropped, and run again only later"
            let advice = "set overflow to reject-publish in the policy: clients are then told that the queue is full"
            return hazard(.problem, key, "\(room), drop-head: \(loss)", remedy: use == .submissions ? advice : nil)
        }
    }

    private func timeHazards(_ use: QueueUse) -> [QueueHazard] {
        var hazards: [QueueHazard] = []
        if let time = setting("message-ttl") {
            if use.carriesTasks {
                let loss =
                    use == .submissions
                    ? "submissions that wait longer are dropped" : "what waits longer is dropped, and runs again only later"
                hazards.append(hazard(.problem, "message-ttl", "message-ttl \(time) ms: \(loss)"))
            } else if use != .deadLetters, time < Self.leastTime {
                hazards.append(hazard(.warning, "message-ttl", "message-ttl \(time) ms: a program that is held up loses messages"))
            }
        }
        if let time = setting("expires"), use.isShared {
            let level = use.carriesTasks ? Finding.Level.problem : .warning
            hazards.append(
                hazard(level, "expires", "expires \(time) ms: it is deleted with its messages when nobody has consumed it that long"))
        }
        if let time = setting("consumer-timeout"), time < Self.leastConsumerTimeout {
            let loss = "the broker takes back what was not acknowledged by then, and hands it out again"
            hazards.append(hazard(.warning, "consumer-timeout", "consumer-timeout \(time) ms: \(loss)"))
        }
        return hazards
    }

    /// Of a policy's limit and the queue's own the smaller one counts; a negative one of RabbitMQ 4 is none.
    private func deliveryHazards(_ use: QueueUse, _ version: BrokerVersion?) -> [QueueHazard] {
        guard queue.kind == Queue.Kind.quorum.rawValue else { return [] }
        let said = [setting("delivery-limit"), queue.arguments?.values["x-delivery-limit"]?.integer].compactMap(\.self)
        let limit = said.filter { $0 >= 0 }.min() ?? (said.isEmpty ? version?.defaultDeliveryLimit : nil)
        guard let limit, limit < Self.leastDeliveryLimit else { return [] }
        let advice = "restart the services, which declare the queue anew, with the messages in it"
        return [
            hazard(
                .problem, "delivery-limit", "delivery-limit \(limit): a message that comes back more often is dropped", value: .int(limit),
                remedy: setting("delivery-limit") == limit ? nil : advice)
        ]
    }

    private func otherHazards(_ use: QueueUse, _ topology: Topology) -> [QueueHazard] {
        var hazards: [QueueHazard] = []
        if let exchange = value("dead-letter-exchange")?.text, topology.exchanges.contains(where: { $0.name == exchange }) {
            let effect = "dead-letter-exchange \(exchange): messages that it drops come back into the grid, and may go round"
            hazards.append(hazard(.warning, "dead-letter-exchange", effect))
        }
        if value("ha-mode") != nil, use.isShared {
            hazards.append(
                hazard(
                    .warning, "ha-mode", "ha-mode: it is mirrored, which RabbitMQ 4 does not do any more",
                    remedy: "start the grid with queue-kind quorum"))
        }
        return hazards
    }
}
