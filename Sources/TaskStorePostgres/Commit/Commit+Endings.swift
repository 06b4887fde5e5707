import Postgres
import TaskGridCore
import TaskStore

/// An ending of which the rows are asked whether it is the first of its task.
struct AskedEnding {
    /// Its index among the endings.
    let index: Int
    let id: Int64
    let type: Int32
    /// The range that counts the task; nil: it was deferred.
    let range: Int?
}

extension Commit {
    /// Inserts the endings of tasks that may be open: deferred ones are, those in ranges may have ended before.
    mutating func askEndings(_ pipeline: inout Pipeline, _ state: inout OpenState, isPlain: Bool) throws {
        var rows: [EndingRow] = []
        rows.reserveCapacity(changes.endings.count)
        var seen = Set<Int64>(minimumCapacity: changes.endings.count)
        for (index, ending) in changes.endings.enumerated() where ending.id.rawValue <= known {
            let id = ending.id.rawValue
            // Of two endings of a task the first one counts.
            guard seen.insert(id).inserted else { continue }
            let attempt: Int32
            let asked: AskedEnding
            if let task = state.deferred[id] {
                (attempt, asked) = (task.attempt, AskedEnding(index: index, id: id, type: task.type, range: nil))
                state.deferred.remove(id)
                openings.delete(id)
            } else if let (place, range) = state.range(holding: id) {
                attempt = state.attempt(of: id, in: range)
                asked = AskedEnding(index: index, id: id, type: state.cursors.names[Int(range.cursor)].type, range: place)
            } else {
                continue
            }
            askedEndings.append(asked)
            rows.append(EndingRow(ending, type: asked.type, latest: attempt))
        }
        guard !askedEndings.isEmpty else { return }
        endingsQuestion = pipeline.add(
            isPlain ? CommitSQL.insertFirstEndings(rows) : CommitSQL.insertEndings(rows, mayBeGone: state.slot.prunedTo))
    }

    /// Applies the answers, and ends tasks that this commit accepts.
    mutating func end(_ state: inout OpenState, _ answers: Pipeline.Answers?) throws {
        if let endingsQuestion {
            let inserted = try answers.map { Set(try $0[endingsQuestion].values("id", Int64.self)) }
            for asked in askedEndings where inserted?.contains(asked.id) ?? true { try count(asked, &state) }
        }
        for (index, ending) in changes.endings.enumerated() where ending.id.rawValue > known {
            let id = ending.id.rawValue
            let (type, attempt): (Int32, Int32)
            if let task = state.deferred[id] {
                (type, attempt) = (task.type, task.attempt)
                state.deferred.remove(id)
                openings.delete(id)
            } else if newEndings[id] == nil, let (place, range) = state.range(holding: id) {
                (type, attempt) = (state.cursors.names[Int(range.cursor)].type, state.attempt(of: id, in: range))
                if range.hasRows { openings.delete(id) }
                try state.leave(id, place)
            } else {
                continue
            }
            newEndings[id] = EndingRow(ending, type: type, latest: attempt)
            ended[index] = true
            counters.ended(ending.state, type: type)
        }
    }

    private mutating func count(_ asked: AskedEnding, _ state: inout OpenState) throws {
        ended[asked.index] = true
        if let range = asked.range {
            if state.ranges[range].hasRows { openings.delete(asked.id) }
            try state.leave(asked.id, range)
        }
        counters.ended(changes.endings[asked.index].state, type: asked.type)
    }
}

extension EndingRow {
    /// `latest` is the number of the task's latest hand-out. If the task is reopened, its next attempt needs an unused number; a task that
    /// succeeded is never reopened.
    init(_ ending: NewEnding, type: Int32, latest: Int32) {
        let attempt = Int32(clamping: ending.attempt)
        let isSuccess = ending.state == .succeeded
        self.init(
            id: ending.id.rawValue, type: type, state: ending.state, attempt: isSuccess ? attempt : max(attempt, latest),
            runTime: ending.runTime.microseconds, completed: ending.completed.rawValue, worker: ending.worker,
            error: ending.error?.description, result: isSuccess ? ending.result : nil)
    }
}
