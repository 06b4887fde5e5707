import GRDB
import TaskGridCore
import TaskStore

extension Commit {
    mutating func reopen(_ reopenings: [Reopening]) throws -> [Reopened] {
        let find = try BoundStatement(
            database,
            """
            SELECT task.type, task.priority, ending.state, ending.attempt FROM ending JOIN task ON task.id = ending.id
            WHERE ending.id = :id
            """
        )
        let forget = try BoundStatement(database, "DELETE FROM ending WHERE id = :id")
        let insert = try BoundStatement(
            database, "INSERT INTO open (id, type, priority, attempt, due) VALUES (:id, :type, :priority, :attempt, :due)")
        var answers: [Reopened] = []
        answers.reserveCapacity(reopenings.count)
        for reopening in reopenings {
            let id = reopening.id.rawValue
            try find.bind(id, to: ":id")
            guard try find.step() else {
                find.reset()
                answers.append(try TaskStates.stored(of: reopening.id, database, types).map { .refused($0.state) } ?? .unknown)
                continue
            }
            let (type, priority, attempt) = try (find.int64("type"), find.int64("priority"), find.int64("attempt"))
            let state = try UInt8(exactly: find.int64("state")).flatMap(TaskState.init)
            find.reset()
            guard let state, [.failed, .cancelled, .expired].contains(state) else {
                answers.append(.refused(state ?? .succeeded))
                continue
            }
            try forget.bind(id, to: ":id")
            try forget.run()
            try insert.bind(id, to: ":id")
            try insert.bind(type, to: ":type")
            try insert.bind(priority, to: ":priority")
            try insert.bind(attempt, to: ":attempt")
            try insert.bind(Timestamp.atOnce.rawValue, to: ":due")
            try insert.run()
            counters.reopened(state, type: type)
            answers.append(.done(try types.type(type), from: state))
        }
        return answers
    }
}
