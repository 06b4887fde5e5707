import Foundation

@testable import TaskGridCore

/// The samples of the benchmarks: batches of 100 tasks whose payloads and results are of 100 bytes.
enum Samples {
    static let type = TaskType(literal: "reverse")
    static let size = 100
    static let payload = Data(repeating: UInt8(ascii: "a"), count: 100)

    /// - Parameter count: How many tasks.
    static func submission(_ count: Int = size) -> Submission {
        Submission(
            form: .batch, type: type, key: UUID().uuidString, client: "client-1", correlation: "1",
            tasks: Array(repeating: Submission.Task(payload: payload), count: count)
        )
    }

    static func work() -> Work {
        Work(form: .batch, type: type, store: store, items: ids.map { Work.Item(id: $0, attempt: 1, proof: proof($0), payload: payload) })
    }

    static func results(_ ids: [TaskID] = ids, store: String = store, key: ProofKey = key) -> Results {
        let items = ids.map {
            Results.Item(id: $0, attempt: 1, proof: proof($0, key), outcome: .succeeded(payload), runTime: .microseconds(10))
        }
        return Results(form: .batch, type: type, store: store, worker: "worker-1", items: items)
    }

    static func reply() -> Reply {
        let endings = ids.map {
            Ending(id: $0, state: .succeeded, result: payload, attempt: 1, worker: "worker-1", runTime: .microseconds(10))
        }
        return Reply(form: .batch, type: type, correlation: "1", content: .ended(endings))
    }

    static let key = ProofKey(secret: ProofKey.randomSecret(), store: store, epoch: 0)

    private static func proof(_ id: TaskID, _ key: ProofKey = key) -> Proof { key.proof(of: id, attempt: 1, type: type) }

    static let ids = (1...Int64(size)).map { TaskID(1_000_000 + $0) }
    static let store = "6a9b1f0c-2d55-4a6e-9d0a-1f3f7f1b2c3d"
}
