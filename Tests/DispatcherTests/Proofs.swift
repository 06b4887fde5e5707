import TaskGridCore

import struct Foundation.Data

/// Results as a worker sends them that was handed their work.
extension Results {
    func proven(by key: ProofKey) -> Results {
        var results = self
        for index in items.indices where items[index].proof == nil {
            results.items[index].proof = key.proof(of: items[index].id, attempt: items[index].attempt, type: type)
        }
        return results
    }
}

extension Results.Item {
    /// A result whose proof is left to `Results.proven(by:)`.
    init(id: TaskID, attempt: Int, outcome: Results.Outcome, runTime: Duration = .zero) {
        self.init(id: id, attempt: attempt, proof: nil, outcome: outcome, runTime: runTime)
    }
}

extension RegistryMessage {
    /// A heartbeat of a worker that was handed what it names, all of one type.
    func proven(by key: ProofKey, type: TaskType? = nil) -> RegistryMessage {
        var message = self
        for held in running + waiting {
            key.proof(of: held.task, attempt: held.attempt, type: type ?? types[0]).digest.append(to: &message.proofs)
        }
        return message
    }
}

extension [Work.Item] {
    /// The id, attempt and payload of each.
    var told: [String] { map { "\($0.id).\($0.attempt) \(String(decoding: $0.payload, as: UTF8.self))" } }
}
