import Postgres
import TaskGridCore
import TaskStore

/// The submissions of a commit that have tasks, and whose keys no earlier one of the same commit has, with the ids that their tasks get
/// if no key was used before.
struct NewKeys {
    struct Row {
        /// Its index among the submissions.
        let index: Int
        let first: Int64
        let count: Int
    }

    private struct Key: Hashable {
        let user: String
        let key: String
    }

    private(set) var rows: [Row] = []
    /// The highest id that is given then.
    private(set) var lastTask: Int64 = 0
    /// Of a submission whose key an earlier one of the same commit has: that one's index.
    private(set) var same: [Int: Int] = [:]
    /// How many keys of the rows were used before.
    var repeated = 0

    init() {}

    init(_ submissions: [NewSubmission], after last: Int64) {
        lastTask = last
        var indices: [Key: Int] = [:]
        for (index, new) in submissions.enumerated() where !new.submission.tasks.isEmpty {
            if submissions.count > 1 {
                let key = Key(user: new.submission.user, key: new.submission.key)
                if let earlier = indices[key] {
                    same[index] = earlier
                    continue
                }
                indices[key] = index
            }
            let count = new.submission.tasks.count
            rows.append(Row(index: index, first: lastTask + 1, count: count))
            lastTask += Int64(count)
        }
    }

    /// Inserts the rows.
    ///
    /// - Parameters:
    ///   - submissions: the submissions of the commit.
    ///   - query: the statement that does it.
    func insertion(_ submissions: [NewSubmission], by query: PostgresQuery) -> PostgresStatement {
        query(rows.map { (submissions[$0.index], $0.first) })
    }

    /// The rows that were not inserted: their keys were used before.
    func repeats(_ inserted: PostgresRows) throws -> [Row] {
        let firsts = Set(try inserted.values("first", Int64.self))
        return rows.filter { !firsts.contains($0.first) }
    }
}
