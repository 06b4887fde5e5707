import GRDB
import TaskGridCore
import TaskStore

/// Finds the tasks that a filter means, the newest first. By type and state they are read from an index; where more is asked
/// for, each of these is looked at, so many in one call.
struct Search {
    /// How many tasks one call looks at, at most, where it has to.
    static let reach = 5000
    /// About how many ids one call reads of all types together.
    private static let candidates = 20_000

    let database: Database
    let filter: TaskFilter
    let before: TaskID?
    let limit: Int

    func run() throws -> TaskPage<TaskID> {
        guard limit > 0 else { return TaskPage(elements: [], next: before) }
        let (candidates, end) = try newest(filter.looksAtEach ? Self.reach : limit)
        guard filter.looksAtEach else { return TaskPage(elements: candidates.map(TaskID.init(_:)), next: end) }
        let look = try Look(database, filter)
        var found: [TaskID] = []
        for (place, id) in candidates.enumerated() where try look.matches(id) {
            found.append(TaskID(id))
            if found.count == limit { return TaskPage(elements: found, next: place == candidates.count - 1 ? end : TaskID(id)) }
        }
        return TaskPage(elements: found, next: end)
    }

    /// The newest ids of the type and the state asked for.
    ///
    /// - Returns: They, and below which id the search goes on; nil: that is all.
    private func newest(_ count: Int) throws -> (ids: [Int64], end: TaskID?) {
        let below = before?.rawValue ?? .max
        guard filter.type != nil || filter.state != nil else {
            let ids = try Listing(database: database, before: below, limit: count).all()
            return (ids, ids.count < count ? nil : ids.last.map(TaskID.init(_:)))
        }
        let numbers = try filter.type.map { try [TypeTable(database).number(of: $0)].compactMap(\.self) } ?? TypeTable.numbers(database)
        let states = filter.state.map { [$0] } ?? TaskState.allCases.filter { $0 != .running }
        // Of many types a few each.
        let share = min(count, max(8, Self.candidates / max(1, numbers.count)))
        let listing = Listing(database: database, before: below, limit: share)
        var ids: [Int64] = []
        // Down to which id all are known.
        var floor: Int64?
        func add(_ part: [Int64], downTo end: Int64?) {
            ids += part
            if let end { floor = max(floor ?? end, end) }
        }
        for number in numbers {
            for state in states {
                for part in try listing.ids(type: number, state: state) { add(part, downTo: part.count < share ? nil : part.last) }
            }
        }
        if states.contains(.succeeded), !numbers.isEmpty {
            let succeeded = try listing.succeeded(type: filter.type == nil ? nil : numbers[0], limit: count)
            add(succeeded.ids, downTo: succeeded.floor)
        }
        // The ids below may have others before it.
        if let floor { ids.removeAll { $0 < floor } }
        ids.sort(by: >)
        guard ids.count >= count else { return (ids, floor.map(TaskID.init(_:))) }
        return (Array(ids.prefix(count)), TaskID(ids[count - 1]))
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
                    LEFT JOIN open ON open.id = task.id
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
