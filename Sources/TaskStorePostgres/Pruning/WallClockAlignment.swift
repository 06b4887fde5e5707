import Postgres
package import TaskGridCore
package import TaskStore

/// Keeps absolute times, which go by the wall clock, where they belong on the store's clock.
enum WallClockAlignment {
    /// Moves those of the next `$3` tasks.
    static let move = PostgresQuery(
        "align",
        """
        UPDATE open SET due = CASE WHEN due_at IS NULL THEN due ELSE greatest(1, due_at - $1::bigint) END,
            expires = CASE WHEN expires_at IS NULL THEN expires ELSE expires_at - $1::bigint END
        WHERE id = ANY(ARRAY(
            SELECT id FROM open WHERE id > $2::bigint AND (due_at IS NOT NULL OR expires_at IS NOT NULL) ORDER BY id LIMIT $3::integer
        )) RETURNING id, CASE WHEN attempt IS NULL THEN NULL ELSE due END AS due
        """)
}

extension PostgresTaskStore {
    package func align(_ wallOffset: Duration, after: TaskID?, limit: Int) async throws(StoreError) -> TaskID? {
        try await call { [writer] in try await writer.align(wallOffset, after: after?.rawValue ?? 0, limit: limit) }
    }
}

extension Writer {
    /// Moves the times of the next tasks.
    ///
    /// - Returns: The place where the next step goes on; nil: that was all.
    func align(_ wallOffset: Duration, after: Int64, limit: Int) async throws -> TaskID? {
        await enter()
        defer { leave() }
        let offset = wallOffset.milliseconds
        let moved = try await step([WallClockAlignment.move(offset, after, Int32(clamping: limit))]) { transaction in
            let rows = transaction.answers[1]
            return (rows, rows.isEmpty ? [SlotSQL.setAlignment(SlotState.number, offset)] : [])
        }
        let (id, due) = (try moved.column("id", Int64.self), try moved.column("due", Int64.self))
        return try change { state in
            var last: Int64?
            for row in moved.indices {
                last = max(last ?? 0, try id[row])
                if let due = try due[ifPresent: row] { state.deferred.move(try id[row], to: due) }
            }
            return last.map(TaskID.init(_:))
        }
    }

    /// Runs a transaction that is no commit of the dispatcher: `body` goes on after the fence and `statements`, of which the transaction
    /// has the answers, and gives the last statements.
    func step<Value>(
        _ statements: [PostgresStatement] = [], _ body: (PostgresTransaction) async throws -> (Value, [PostgresStatement])
    ) async throws -> Value {
        while true {
            try await load()
            guard let turn = state?.slot.turn,
                let transaction = try await begin(term: term, [SlotSQL.fence(SlotState.number, turn, term)] + statements)
            else { continue }
            do {
                let (value, last) = try await body(transaction)
                try await commit(transaction, last)
                try change { state in
                    state.slot.turn += 1
                    state.accept()
                }
                return value
            } catch {
                await transaction.rollBack()
                failed(error)
                throw error
            }
        }
    }
}
