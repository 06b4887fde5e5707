import Postgres
import ServiceSupport
import TaskGridCore
import TaskStore

extension Writer {
    /// Commits changes of the dispatcher.
    func commit(_ changes: StoreChanges) async throws -> StoreReceipt {
        try Commit.check(changes)
        await enter()
        defer { leave() }
        let count = changes.submissions.reduce(0) { $0 + Int64($1.submission.tasks.count) }
        var isPlain = true
        while true {
            try await load()
            try await makeBlocks(for: count)
            do {
                if isPlain, let state, Commit.isPlain(changes, state) {
                    if let receipt = try await commitPlain(changes) { return receipt }
                    isPlain = false
                    continue
                }
                var (commit, pipeline) = try change { state in
                    var (commit, pipeline) = (Commit(changes, state), Pipeline())
                    try commit.ask(&pipeline, &state)
                    return (commit, pipeline)
                }
                guard let transaction = try await begin(term: changes.term?.rawValue, pipeline.statements) else { continue }
                return try await finish(&commit, transaction)
            } catch {
                failed(error)
                throw error
            }
        }
    }

    /// Commits in one journey.
    ///
    /// - Returns: Nil where an answer would not be the usual one: nothing was changed.
    private func commitPlain(_ changes: StoreChanges) async throws -> StoreReceipt? {
        var (commit, statements) = try change { state in
            var (commit, pipeline) = (Commit(changes, state), Pipeline())
            try commit.ask(&pipeline, &state, isPlain: true)
            try commit.write(&pipeline, &state, nil)
            _ = commit.finish(&pipeline, &state)
            return (commit, pipeline.statements)
        }
        Failpoint.storeTransaction.pass()
        do throws(PostgresError) {
            // The server commits a pipeline at its end.
            _ = try await connection.run(statements)
        } catch {
            if error.outcome == .unknown { throw StoreError(commit: error) }
            guard let state = error.sqlState, Self.unusual.contains(state) else { throw error }
            self.state?.undo()
            return nil
        }
        let receipt = try change { commit.finished(&$0, nil, []) }
        keyPace.earn(commit.newKeys.rows.count)
        makeBlockAhead()
        return receipt
    }

    /// The states of the strict statements: the fence found no row, a key was used before, a task has ended.
    private static let unusual: Set<String> = ["22P02", "23505"]

    /// The second and the third step of a commit.
    private func finish(_ commit: inout Commit, _ transaction: PostgresTransaction) async throws -> StoreReceipt {
        do {
            let answers = Pipeline.Answers(transaction.answers)
            var repeated: PostgresRows?
            if let question = try commit.askRepeatedKeys(answers) { repeated = try await transaction.run([question])[0] }
            var pipeline = Pipeline()
            try change { try commit.write(&pipeline, &$0, answers, repeated: repeated) }
            while try change({ commit.askTakes(&pipeline, &$0) }) {
                let answers = Pipeline.Answers(try await transaction.run(pipeline.statements))
                try change { try commit.take(&$0, answers) }
                pipeline = Pipeline()
            }
            Failpoint.storeTransaction.pass()
            let forgettings = try change { commit.finish(&pipeline, &$0) }
            let last = Pipeline.Answers(try await self.commit(transaction, pipeline.statements))
            let receipt = try change { commit.finished(&$0, last, forgettings) }
            if !receipt.reopenings.isEmpty { generation += 1 }
            keyPace.earn(commit.newKeys.rows.count - commit.newKeys.repeated)
            makeBlockAhead()
            return receipt
        } catch {
            await transaction.rollBack()
            throw error
        }
    }

    /// Changes the state in memory in place.
    func change<Value>(_ body: (inout OpenState) throws -> Value) throws -> Value {
        // Taken out and put back: one owner, and nothing is copied.
        guard var changed = state.take() else { throw StoreError(.failed, "the state in memory is gone in the middle of a transaction") }
        defer { state = changed }
        return try body(&changed)
    }

    /// Makes the partitions that so many new tasks need, where they were not made ahead, outside of any turn.
    func makeBlocks(for count: Int64) async throws {
        guard let lastTask = state?.slot.lastTask else { return }
        // The ids between may have been skipped, with a new epoch.
        let first = max(lastBlock.number + 1, Block(of: lastTask + 1).number)
        let last = Block(of: lastTask + count).number
        guard first <= last else { return }
        do {
            for number in first...last {
                _ = try await connection.transaction(Block(number: number).creation)
                lastBlock = Block(number: number)
            }
        } catch {
            // The partitions may be there all the same: which is the last block is read anew, with the state.
            state = nil
            throw error
        }
    }
}
