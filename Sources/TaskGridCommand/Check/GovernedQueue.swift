import AMQP

/// A queue, and the policies that are in force for it.
struct GovernedQueue: Hashable {
    let queue: ListedQueue
    let policy: ListedPolicy?
    let operatorPolicy: ListedPolicy?

    /// The names of its policies.
    var policyNames: [String] { [policy, operatorPolicy].compactMap(\.?.name) }

    /// The value of a setting by its policies: of two numbers the smaller one, where a negative one is none; else what the operator's says.
    func value(_ key: String) -> FieldValue? {
        let values = [policy, operatorPolicy].compactMap { $0?.definition.values[key] }
        return values.compactMap(\.integer).filter { $0 >= 0 }.min().map(FieldValue.int) ?? values.last
    }
}

/// The policies of a virtual host, or its operator policies, as RabbitMQ chooses from them: of those that match a queue, the one of the
/// highest priority is in force.
struct PolicyChoice {
    private var choices: [(policy: ListedPolicy, pattern: Regex<AnyRegexOutput>)] = []
    /// Those whose patterns Swift cannot read: RabbitMQ's are those of PCRE.
    private(set) var unreadable: [ListedPolicy] = []

    /// - Parameter listed: the policies, in any order.
    init(_ listed: [ListedPolicy]) {
        for policy in listed.sorted(by: { $0.priority > $1.priority }) {
            if let pattern = try? Regex(policy.pattern) {
                choices.append((policy, pattern))
            } else {
                unreadable.append(policy)
            }
        }
    }

    /// The policy that is in force for a queue.
    func policy(for queue: ListedQueue) -> ListedPolicy? {
        choices.first { $0.policy.applies(toKind: queue.kind ?? "classic") && queue.name.contains($0.pattern) }?.policy
    }
}

extension ListedPolicy {
    /// RabbitMQ does not apply a policy with one of these to a queue of the kind, whatever else it says.
    private static let unsupported: [String: Set<String>] = [
        "classic": ["delivery-limit", "dead-letter-strategy", "initial-cluster-size", "max-age", "stream-max-segment-size-bytes"],
        "quorum": [
            "ha-mode", "ha-params", "ha-promote-on-failure", "ha-promote-on-shutdown", "ha-sync-mode", "initial-cluster-size", "max-age",
            "max-priority", "queue-master-locator", "queue-mode", "single-active-consumer", "stream-max-segment-size-bytes",
        ],
    ]

    fileprivate func applies(toKind kind: String) -> Bool {
        ["all", "queues", "\(kind)_queues"].contains(appliesTo)
            && Self.unsupported[kind, default: []].isDisjoint(with: definition.values.keys)
    }
}
