import Postgres
import TaskGridCore
package import TaskStore

extension PostgresTaskStore {
    package func prune(_ retention: Retention, limit: Int) async throws(StoreError) -> Pruned {
        guard limit > 0 else { return Pruned() }
        return try await call { [writer, readers] in
            if let gone = try await writer.removeBlock(retention, readers) { return Pruned(tasks: gone) }
            return try await writer.prune(retention, limit: limit)
        }
    }
}

/// One small step of forgetting: which tasks and keys go, of those that it looks at.
struct PruningStep {
    /// How many endings one step looks at for each that it may forget: those of tasks that lived long stand in the way of younger ones.
    static let reach = 20

    let retention: Retention
    let limit: Int

    /// Of the endings that were walked over, those of tasks to forget, and the place for the next step: it starts anew when it comes to
    /// young tasks or to the end.
    func old(_ rows: PostgresRows, excess: Int) throws -> (ids: [Int64], place: Int64) {
        let (id, completed) = (try rows.column("id", Int64.self), try rows.column("completed", Int64.self))
        let created = try rows.column("created", Int64.self)
        var ids: [Int64] = []
        for row in rows.indices {
            if try ids.count < excess || completed[row] < retention.before.rawValue {
                ids.append(try id[row])
                if ids.count == limit { return (ids, try id[row]) }
            } else if let created = try created[ifPresent: row], created >= retention.before.rawValue {
                // Neither it nor one after it can have ended earlier.
                return (ids, 0)
            }
        }
        return (ids, rows.count < walk ? 0 : try rows.indices.last.map { try id[$0] } ?? 0)
    }

    /// How many endings are walked over.
    var walk: Int { limit * Self.reach }

    /// Of the submissions that were looked at, those whose keys go, and the place for the next step: a submission whose task lives long
    /// must not be looked at over and over by each step. Those beyond the number that is kept go earlier than by their age, the oldest
    /// first.
    ///
    /// - Returns: Them, how many of their keys hold for every user, and the place.
    func emptied(_ rows: PostgresRows, excess: Int) throws -> (firsts: [Int64], ofAll: Int64, place: Int64) {
        let (first, created) = (try rows.column("first", Int64.self), try rows.column("created", Int64.self))
        let (isEmpty, isOfAll) = (try rows.column("is_empty", Bool.self), try rows.column("is_of_all", Bool.self))
        let aged = min(retention.before, retention.keysSince)
        var (emptied, ofAll, next, seen) = ([Int64](), Int64(0), Int64(0), 0)
        for row in rows.indices {
            guard try created[row] < (emptied.count < excess ? retention.keysSince : aged).rawValue else { break }
            next = try first[row]
            seen += 1
            guard try isEmpty[row] else { continue }
            emptied.append(next)
            if try isOfAll[row] { ofAll += 1 }
        }
        return (emptied, ofAll, seen < limit ? 0 : next)
    }
}

extension Writer {
    /// How long whole blocks are not looked at after a look that found none to remove.
    private static let pause = Duration.seconds(60)

    /// Removes the lowest block if it can go whole.
    ///
    /// - Returns: How many tasks went; nil: none, because it cannot, or not now, or was empty, or it is not time to look.
    func removeBlock(_ retention: Retention, _ readers: Readers) async throws -> Int? {
        guard ContinuousClock.now >= nextLook else { return nil }
        nextLook = .now + Self.pause
        let (excess, lastTask, generation) = try await pruningState(retention)
        guard lastTask >= Block.size else { return nil }
        let removal = try await readers.withSnapshot { snapshot in
            try await BlockRemoval(retention, excess: excess, lastTask: lastTask, snapshot)
        }
        guard let removal, try await readers.bound(removal.block), let gone = try await remove(removal, generation: generation) else {
            return nil
        }
        // There may be another one.
        nextLook = .now
        return gone > 0 ? gone : nil
    }

    /// Forgets row by row.
    func prune(_ retention: Retention, limit: Int) async throws -> Pruned {
        await enter()
        defer { leave() }
        let tasks = PruningStep(retention: retention, limit: min(limit, pace.allowance(at: .now)))
        let keys = PruningStep(retention: retention, limit: min(limit, keyPace.allowance(at: .now)))
        guard max(tasks.limit, keys.limit) > 0 else { return Pruned() }
        let (pruned, prunedTo, ofAll) = try await step([PruningSQL.find(SlotState.number)]) { transaction in
            let found = transaction.answers[1]
            guard let ended = try found.first("ended", Int64.self), let keyCount = try found.first("keys", Int64.self),
                let walked = try found.first("walked", Int64.self), let swept = try found.first("swept", Int64.self)
            else { throw StoreError(.corrupt, "the slot table has no row of slot \(SlotState.number)") }
            let keeping = max(0, retention.keeping)
            // Of what may not go now, the place stays.
            var (ids, place) = ([Int64](), walked)
            if tasks.limit > 0 {
                let endings = try await transaction.run([PruningSQL.walk(walked, Int32(clamping: tasks.walk))])[0]
                (ids, place) = try tasks.old(endings, excess: Int(ended) - keeping)
            }
            var statements: [PostgresStatement] = []
            if !ids.isEmpty {
                statements = [PruningSQL.deleteAttempts(ids), PruningSQL.deleteEndings(ids), PruningSQL.deleteTasks(SlotState.number, ids)]
            }
            if keys.limit > 0 { statements.append(PruningSQL.sweep(swept, Int32(clamping: keys.limit))) }
            let answers = try await transaction.run(statements)
            var (firsts, ofAll, position) = ([Int64](), Int64(0), swept)
            if keys.limit > 0 { (firsts, ofAll, position) = try keys.emptied(answers[answers.count - 1], excess: Int(keyCount) - keeping) }
            var last: [PostgresStatement] = firsts.isEmpty ? [] : [PruningSQL.deleteKeys(SlotState.number, firsts)]
            last.append(
                SlotSQL.setPruning(SlotState.number, Int64(ids.count), ids.last ?? 0, place, position, Int64(firsts.count), ofAll))
            // Of what may not go now, nothing is looked at.
            let goesOn = tasks.limit > 0 && place != 0 || keys.limit > 0 && position != 0
            return ((Pruned(tasks: ids.count, keys: firsts.count, goesOn: goesOn), ids.last ?? 0, ofAll), last)
        }
        pace.spend(pruned.tasks)
        keyPace.spend(pruned.keys)
        if pruned.tasks > 0 { generation += 1 }
        try change { state in
            state.slot.prunedTo = max(state.slot.prunedTo, prunedTo)
            state.slot.keys -= Int64(pruned.keys)
            state.slot.keysOfAll = max(0, state.slot.keysOfAll - ofAll)
            state.accept()
        }
        return pruned
    }
}
