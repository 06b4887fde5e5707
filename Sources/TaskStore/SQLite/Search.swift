import GRDB
import TaskGridCore

/// Finds the tasks that a filter means, the newest first. By type and state they are read from an index; where more is asked
/// for, each of these is looked at, so many in one call.
struct Search {
    /// How many tasks one call looks at, at most, where it has to.
    static let reach = 5000

    let database: Database
    let filter: TaskFilter
    let before: TaskID?
    let limit: Int

    func run() throws -> TaskPage<TaskID> {
        guard limit > 0 else { return TaskPage(elements: [], next: before) }
        let reach = filter.looksAtEach ? Self.reach : limit
        let candidates = try newest(reach)
        guard filter.looksAtEach else {
            return TaskPage(
                elements: candidates.map(TaskID.init(_:)), next: candidates.count < reach ? nil : candidates.last.map(TaskID.init(_:)))
        }
        let look = try Look(database, filter)
        var found: [TaskID] = []
        for (place, id) in candidates.enumerated() where try look.matches(id) {
            found.append(TaskID(id))
            if found.count == limit {
                let isLast = place == candidates.count - 1 && candidates.count < reach
                return TaskPage(elements: found, next: isLast ? nil : TaskID(id))
            }
        }
        return TaskPage(elements: found, next: candidates.count < reach ? nil : candidates.last.map(TaskID.init(_:)))
    }

    /// The newest ids of the type and the state asked for.
    private func newest(_ count: Int) throws -> [Int64] {
        let listing = Listing(database: database, before: before?.rawValue ?? .max, limit: count)
        guard filter.type != nil || filter.state != nil else { return try listing.all() }
        let numbers = try TypeTable(database).entries(filter.type).map(\.number)
        return try Array(numbers.flatMap { try listing.ids(type: $0, state: filter.state) }.sorted(by: >).prefix(count))
    }

    /// Looks at one task after another: whether it has the times and the text asked for.
    private struct Look: ~Copyable {
        private let statement: BoundStatement

        init(_ database: Database, _ filter: TaskFilter) throws {
            statement = try Self.statement(database, filter)
        }

        private static func statement(_ database: Database, _ filter: TaskFilter) throws -> BoundStatement {
            let statement = try BoundStatement(
                database,
                """
                SELECT 1 FROM task CROSS JOIN submission ON submission.first = task.id - task.position
                    LEFT JOIN ending ON ending.id = task.id
                    LEFT JOIN open ON open.type = task.type AND open.priority = task.priority AND open.id = task.id
                WHERE task.id = ?1 AND (?2 IS NULL OR submission.created >= ?2) AND (?3 IS NULL OR submission.created < ?3)
                    AND (?4 IS NULL OR ending.completed >= ?4) AND (?5 IS NULL OR ending.completed < ?5)
                    AND (?6 IS NULL OR coalesce(ending.error, open.error) LIKE ?6 ESCAPE '\\')
                """
            )
            try statement.bind(filter.createdSince?.rawValue, at: 2)
            try statement.bind(filter.createdUntil?.rawValue, at: 3)
            try statement.bind(filter.completedSince?.rawValue, at: 4)
            try statement.bind(filter.completedUntil?.rawValue, at: 5)
            try statement.bind(filter.text.map(pattern), at: 6)
            return statement
        }

        func matches(_ id: Int64) throws -> Bool {
            try statement.bind(id, at: 1)
            defer { statement.reset() }
            return try statement.step()
        }

        /// A pattern of LIKE, which takes ASCII letters of either case as the same, for what has the text in it.
        private static func pattern(_ text: String) -> String {
            "%\(text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_"))%"
        }
    }
}
