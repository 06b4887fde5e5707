import GRDB
import TaskGridCore
import TaskStore

extension Commit {
    mutating func reopen(_ reopenings: [Reopening]) throws -> [Reopened] {
        let find = try BoundStatement(
            database,
            "SELECT task.type, task.priority, ending.state, ending.attempt FROM ending JOIN task ON task.id = ending.id WHERE ending.id = ?"
        )
        let forget = try BoundStatement(database, "DELETE FROM ending WHERE id = ?")
        let insert = try BoundStatement(database, "INSERT INTO open (id, type, priority, attempt, due) VALUES (?, ?, ?, ?, ?)")
        var answers: [Reopened] = []
        answers.reserveCapacity(reopenings.count)
        for reopening in reopenings {
            let id = reopening.id.rawValue
            try find.bind(id, at: 1)
            guard try find.step() else {
                find.reset()
                answers.append(try TaskStates.stored(of: reopening.id, database, types).map { .refused($0.state) } ?? .unknown)
                continue
            }
            let (type, priority, attempt) = (find.int64(0), find.int64(1), find.int64(3))
            let state = UInt8(exactly: find.int64(2)).flatMap(TaskState.init)
            find.reset()
            guard let state, [.failed, .cancelled, .expired].contains(state) else {
                answers.append(.refused(state ?? .succeeded))
                continue
            }
            try forget.bind(id, at: 1)
            try forget.run()
            try insert.bind(id, at: 1)
            try insert.bind(type, at: 2)
            try insert.bind(priority, at: 3)
            try insert.bind(attempt, at: 4)
            try insert.bind(Timestamp.atOnce.rawValue, at: 5)
            try insert.run()
            counters.reopened(state, type: type)
            answers.append(.done(try types.type(type), from: state))
        }
        return answers
    }
}
