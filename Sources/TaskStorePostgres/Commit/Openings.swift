import Postgres

/// Rows of `open` that a commit inserts, deletes and changes, in this order; those of its schedules come after them.
struct Openings {
    /// A task that is deferred, or expires.
    struct Row {
        var id: Int64
        var type: Int32
        var priority: Int16
        var attempt: Int32?
        var due: Int64?
        var expires: Int64?
        var dueAt: Int64?
        var expiresAt: Int64?
    }

    private var inserted: [Row] = []
    private var deleted: [Int64] = []
    /// Of tasks that were reopened: their earlier rows are gone.
    private var reopened: [Row] = []
    private var taken: [(id: Int64, attempt: Int32)] = []

    mutating func insert(_ row: Row) { inserted.append(row) }

    /// The task has ended.
    mutating func delete(_ id: Int64) { deleted.append(id) }

    mutating func reopen(_ row: Row) { reopened.append(row) }

    /// A deferred task was handed out.
    mutating func take(_ id: Int64, attempt: Int32) { taken.append((id, attempt)) }

    func write(to pipeline: inout Pipeline) {
        insert(inserted, &pipeline)
        if !deleted.isEmpty {
            pipeline.add(CommitSQL.deleteOpen, deleted)
        }
        insert(reopened, &pipeline)
    }

    private func insert(_ rows: [Row], _ pipeline: inout Pipeline) {
        guard !rows.isEmpty else { return }
        pipeline.add(
            CommitSQL.insertOpen, rows.map(\.id), rows.map(\.due), rows.map(\.expires), rows.map(\.dueAt), rows.map(\.expiresAt),
            rows.map(\.type),
            rows.map(\.attempt), rows.map(\.priority))
    }

    func writeTakes(to pipeline: inout Pipeline) {
        guard !taken.isEmpty else { return }
        pipeline.add(CommitSQL.takeOpen, taken.map(\.id), taken.map(\.attempt))
    }
}
