import Postgres
package import TaskGridCore
package import TaskStore

/// Finds the tasks that a filter means, the newest first. By type and state they are read from an index; where more is asked
/// for, each of these is looked at, so many in one call.
struct Search {
    /// How many tasks one call looks at, at most, where it has to.
    static let reach = 5000
    /// About how many ids one call reads of all types together.
    private static let candidates = 20_000
    /// How many endings one search walks over, at most.
    private static let walk: Int32 = 50_000

    let snapshot: PostgresTransaction
    let filter: TaskFilter
    let before: TaskID?
    let limit: Int

    private var below: Int64 { before?.rawValue ?? .max }

    func run() async throws -> TaskPage<TaskID> {
        guard limit > 0 else { return TaskPage(elements: [], next: before) }
        let (candidates, end) = try await newest(filter.looksAtEach ? Self.reach : limit)
        guard filter.looksAtEach, !candidates.isEmpty else { return TaskPage(elements: candidates.map(TaskID.init(_:)), next: end) }
        var found = try await look(at: candidates)
        guard found.count >= limit else { return TaskPage(elements: found, next: end) }
        found.removeLast(found.count - limit)
        let last = found[found.count - 1]
        return TaskPage(elements: found, next: last.rawValue == candidates[candidates.count - 1] ? end : last)
    }

    /// The newest ids of the type and the state asked for.
    ///
    /// - Returns: They, and below which id the search goes on; nil: that is all.
    private func newest(_ count: Int) async throws -> (ids: [Int64], end: TaskID?) {
        guard filter.type != nil || filter.state != nil || filter.isOpen else {
            let ids = try await snapshot.run([SearchSQL.all(below, Int32(clamping: count))])[0].values("id", Int64.self)
            return (ids, ids.count < count ? nil : ids.last.map(TaskID.init(_:)))
        }
        let types = try await typeNumbers()
        guard !types.isEmpty else { return ([], nil) }
        let states = (filter.state.map { [$0] } ?? TaskState.allCases.filter { $0 != .running }).filter {
            !(filter.isOpen && $0.isTerminal)
        }
        // Of many types a few each.
        let share = min(count, max(8, Self.candidates / types.count))
        var newest = Newest(share: share)
        for rows in try await snapshot.run(states.flatMap { statements(types, $0, share) }) { try newest.add(rows) }
        if states.contains(.succeeded) { try await addSucceeded(&newest, filter.type == nil ? nil : types[0], count) }
        return newest.page(count)
    }

    private func typeNumbers() async throws -> [Int32] {
        let rows = try await snapshot.run([LoadSQL.types()])[0]
        let (id, name) = (try rows.column("id", Int32.self), try rows.column("name", String.self))
        return try rows.indices.filter { row in try filter.type.map { try name[row] == $0.name } ?? true }.map { try id[$0] }
    }

    /// The statements that read the newest tasks in a state other than `succeeded`.
    private func statements(_ types: [Int32], _ state: TaskState, _ share: Int) -> [PostgresStatement] {
        let share = Int32(clamping: share)
        switch state {
        case .pending:
            return [SearchSQL.inRanges(SlotState.number, types, below, true, share), SearchSQL.deferredPending(types, below, share)]
        case .queued, .running:
            return [SearchSQL.inRanges(SlotState.number, types, below, false, share), SearchSQL.deferredQueued(types, below, share)]
        case .scheduled: return [SearchSQL.scheduled(types, below, share)]
        case .succeeded: return []
        case .failed, .cancelled, .expired: return [SearchSQL.ended(types, below, share, Int16(state.rawValue))]
        }
    }

    private func addSucceeded(_ newest: inout Newest, _ type: Int32?, _ count: Int) async throws {
        let ids = try await snapshot.run([SearchSQL.succeeded(below, Int32(clamping: count), type, Self.walk)])[0].values("id", Int64.self)
        let end = ids.count < count ? try await snapshot.run([SearchSQL.walkEnd(below, Self.walk)])[0].first("id", Int64.self) : nil
        newest.add(ids, downTo: end)
    }

    private func look(at candidates: [Int64]) async throws -> [TaskID] {
        let statement = SearchSQL.look(
            candidates, filter.createdSince?.rawValue, filter.createdUntil?.rawValue, filter.completedSince?.rawValue,
            filter.completedUntil?.rawValue, filter.text.map(Self.pattern))
        let rows = try await snapshot.run([statement])[0]
        let (id, error) = (try rows.column("id", Int64.self), try rows.column("error", String.self))
        var found: [TaskID] = []
        for row in rows.indices {
            if let group = filter.errorGroup {
                guard let text = try error[ifPresent: row], group.contains(TaskError(description: StoredText.text(text))) else { continue }
            }
            found.append(TaskID(try id[row]))
        }
        return found
    }

    /// A pattern of ILIKE for what has the text in it.
    private static func pattern(_ text: String) -> String {
        let literal = text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
        return "%\(StoredText.stored(literal))%"
    }
}

/// The newest ids of several lists, each of which has a share of them.
private struct Newest {
    let share: Int
    private var ids: [Int64] = []
    /// Down to which id all are known.
    private var floor: Int64?

    init(share: Int) { self.share = share }

    /// Adds a list for each type and priority of the rows.
    mutating func add(_ rows: PostgresRows) throws {
        let (type, id) = (try rows.column("type", Int32.self), try rows.column("id", Int64.self))
        let priority = try rows.column("priority", Int16.self)
        var list: [Int64] = []
        var name: CursorName?
        for row in rows.indices {
            let next = CursorName(type: try type[row], priority: try priority[row])
            if next != name {
                add(list, downTo: list.count < share ? nil : list.last)
                (list, name) = ([], next)
            }
            list.append(try id[row])
        }
        add(list, downTo: list.count < share ? nil : list.last)
    }

    /// Adds a list, of which all ids down to `end` are known; nil: all.
    mutating func add(_ list: [Int64], downTo end: Int64?) {
        ids += list
        if let end { floor = max(floor ?? end, end) }
    }

    /// The page, and below which id the search goes on; nil: that is all.
    func page(_ count: Int) -> (ids: [Int64], end: TaskID?) {
        // The ids below the floor may have others before them.
        let known = ids.filter { $0 >= floor ?? .min }.sorted(by: >)
        guard known.count >= count else { return (known, floor.map(TaskID.init(_:))) }
        return (Array(known.prefix(count)), TaskID(known[count - 1]))
    }
}

extension PostgresTaskStore {
    package func ids(_ filter: TaskFilter, before: TaskID?, limit: Int) async throws(StoreError) -> TaskPage<TaskID> {
        try await call { [readers] in
            try await readers.withSnapshot { snapshot in
                try await Search(snapshot: snapshot, filter: filter, before: before, limit: limit).run()
            }
        }
    }

    package func tasks(
        _ filter: TaskFilter, before: TaskID?, limit: Int, content: ContentLimit
    ) async throws(StoreError) -> TaskPage<TaskRecord> {
        try await call { [readers] in
            try await readers.withSnapshot { snapshot in
                let found = try await Search(snapshot: snapshot, filter: filter, before: before, limit: limit).run()
                let ids = found.elements.map(\.rawValue)
                var page = try Records.page(try await snapshot.run([Records.records(ids, content)])[0], asked: ids, content)
                // Goes on below the last task that was read.
                page.next = page.next == nil ? found.next : page.elements.last?.id
                return page
            }
        }
    }
}
