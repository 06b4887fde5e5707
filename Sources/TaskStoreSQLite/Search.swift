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
        for (index, id) in candidates.enumerated() where try look.matches(id) {
            found.append(TaskID(id))
            if found.count == limit { return TaskPage(elements: found, next: index == candidates.count - 1 ? end : TaskID(id)) }
        }
        return TaskPage(elements: found, next: end)
    }

    /// The newest ids of the type and the state asked for.
    ///
    /// - Returns: They, and below which id the search goes on; nil: that is all.
    private func newest(_ count: Int) throws -> (ids: [Int64], end: TaskID?) {
        let below = before?.rawValue ?? .max
        guard filter.type != nil || filter.state != nil || filter.isOpen else {
            let ids = try Listing(database: database, before: below, limit: count).all()
            return (ids, ids.count < count ? nil : ids.last.map(TaskID.init(_:)))
        }
        let numbers = try filter.type.map { try [TypeTable(database).number(of: $0)].compactMap(\.self) } ?? TypeTable.numbers(database)
        let states = (filter.state.map { [$0] } ?? TaskState.allCases.filter { $0 != .running }).filter {
            !(filter.isOpen && $0.isTerminal)
        }
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
                for part in try listing.unsuccessful(type: number, state: state) { add(part, downTo: part.count < share ? nil : part.last) }
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
        private let errorGroup: ErrorGroup?

        init(_ database: Database, _ filter: TaskFilter) throws {
            statement = try Self.statement(database, filter)
            errorGroup = filter.errorGroup
        }

        private static func statement(_ database: Database, _ filter: TaskFilter) throws -> BoundStatement {
            let statement = try BoundStatement(
                database,
                """
                SELECT coalesce(ending.error, open.error) AS error FROM task CROSS JOIN submission ON submission.first = task.id - task.position
                    LEFT JOIN ending ON ending.id = task.id
                    LEFT JOIN open ON open.id = task.id
                WHERE task.id = :id AND (:created_since IS NULL OR submission.created >= :created_since)
                    AND (:created_until IS NULL OR submission.created < :created_until)
                    AND (:completed_since IS NULL OR ending.completed >= :completed_since)
                    AND (:completed_until IS NULL OR ending.completed < :completed_until)
                    AND (:text IS NULL OR coalesce(ending.error, open.error) LIKE :text ESCAPE '\\')
                """
            )
            try statement.bind(filter.createdSince?.rawValue, to: ":created_since")
            try statement.bind(filter.createdUntil?.rawValue, to: ":created_until")
            try statement.bind(filter.completedSince?.rawValue, to: ":completed_since")
            try statement.bind(filter.completedUntil?.rawValue, to: ":completed_until")
            try statement.bind(filter.text.map(pattern), to: ":text")
            return statement
        }

        func matches(_ id: Int64) throws -> Bool {
            try statement.bind(id, to: ":id")
            defer { statement.reset() }
            guard try statement.step() else { return false }
            guard let errorGroup else { return true }
            return try statement.text("error").map { errorGroup.contains(TaskError(description: $0)) } ?? false
        }

        /// A pattern of LIKE, which takes ASCII letters of either case as the same, for what has the text in it.
        private static func pattern(_ text: String) -> String {
            "%\(text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_"))%"
        }
    }
}
