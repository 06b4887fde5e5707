import Foundation
import TaskGridCore

extension Proof {
    /// A proof like any other: a worker does not know how they are made.
    static func of(_ task: TaskID, attempt: Int = 1) -> Proof {
        ProofKey(secret: Data("secret".utf8), store: "s", epoch: 0).proof(of: task, attempt: attempt, type: TaskType(literal: "test"))
    }
}

extension Work.Item {
    init(id: TaskID, attempt: Int, payload: Data, timeout: Duration? = nil) {
        self.init(id: id, attempt: attempt, proof: .of(id, attempt: attempt), payload: payload, timeout: timeout)
    }
}

extension Results.Item {
    /// The result of a worker that was handed the attempt.
    init(id: TaskID, attempt: Int, outcome: Results.Outcome, runTime: Duration = .zero) {
        self.init(id: id, attempt: attempt, proof: .of(id, attempt: attempt), outcome: outcome, runTime: runTime)
    }
}
