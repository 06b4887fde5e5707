import Postgres
import TaskGridCore
import TaskStore

/// The takes whose tasks are asked for together: of each type one.
struct AskedTakes {
    /// After how many bytes of payload the rest is left for the next statement.
    static let bytes = 64 << 20

    struct Asked {
        /// Its index among the takes.
        let index: Int
        let type: Int32
        let pieces: [TakePiece]
    }

    var asked: [Asked] = []
    var question: Pipeline.Place?
}

extension Commit {
    /// Adds the statement that reads the tasks of the next takes.
    ///
    /// - Returns: False where no take is left.
    mutating func askTakes(_ pipeline: inout Pipeline, _ state: inout OpenState) -> Bool {
        guard nextTake < changes.takes.count else { return false }
        asksTakes = AskedTakes()
        var types = Set<Int32>()
        var (takes, firsts, lasts) = ([Int32](), [Int64](), [Int64]())
        var (kinds, mosts, bytes) = ([Int16](), [Int32](), [Int64]())
        var end = nextTake
        while end < changes.takes.count {
            let take = changes.takes[end]
            if let type = state.types.number(of: take.type), takenBytes > 0 {
                // The second take of a type goes on where the first has ended.
                guard !types.contains(type) else { break }
                types.insert(type)
                let pieces = state.pieces(of: type, at: take.now.rawValue, limit: max(0, take.limit))
                for piece in pieces {
                    takes.append(Int32(asksTakes.asked.count))
                    firsts.append(piece.first)
                    lasts.append(piece.last)
                    kinds.append(piece.kind.rawValue)
                    mosts.append(Int32(clamping: piece.most))
                }
                bytes.append(Int64(min(max(0, take.bytes), takenBytes)))
                asksTakes.asked.append(AskedTakes.Asked(index: end, type: type, pieces: pieces))
            }
            end += 1
        }
        guard asksTakes.asked.contains(where: { !$0.pieces.isEmpty }) else { return true }
        asksTakes.question = pipeline.add(TakeSQL.take, takes, firsts, lasts, kinds, mosts, bytes, Int64(min(takenBytes, AskedTakes.bytes)))
        return true
    }

    /// Hands out what was read.
    mutating func take(_ state: inout OpenState, _ answers: Pipeline.Answers) throws {
        let rows = try asksTakes.question.map { try TakenRows(answers[$0]) }
        var row = 0
        for (number, asked) in asksTakes.asked.enumerated() {
            while nextTake < asked.index { takeNothing(state) }
            nextTake += 1
            let take = changes.takes[asked.index]
            guard takenBytes > 0 else {
                taken.append(Taken(handOuts: [], isExhausted: false))
                while let rows, row < rows.count, try rows.take(row) == number { row += 1 }
                continue
            }
            // Rows that earlier takes have read may have kept some of its own out: then the take asks again, as the first one.
            guard try number == 0 || asked.pieces.isEmpty || rows?.isWhole(number, from: row) ?? false else {
                nextTake -= 1
                return
            }
            var buffer = TakeBuffer(limit: take.limit, bytes: min(take.bytes, takenBytes))
            let due = Dictionary(uniqueKeysWithValues: asked.pieces.lazy.filter { $0.kind == .due }.map { ($0.first, $0.due) })
            while let rows, row < rows.count, try rows.take(row) == number {
                defer { row += 1 }
                let payload = try rows.payload(row)
                guard buffer.fits(payload.count) else { continue }
                let id = try rows.id(row)
                if let time = due[id], var task = state.deferred[id] {
                    task.attempt += 1
                    task.due = nil
                    state.deferred.set(id, task)
                    openings.take(id, attempt: task.attempt)
                    let handedOut = try rows.task(row, attempt: task.attempt, state, before: nil)
                    buffer.add(HandOut(task: handedOut, payload: payload, due: time > 0 ? Timestamp(rawValue: time) : nil))
                } else if let (_, range) = state.range(holding: id) {
                    state.handOut(id, cursor: range.cursor)
                    let task = try rows.task(row, attempt: 1, state, before: buffer.handOuts.last?.task)
                    buffer.add(HandOut(task: task, payload: payload))
                } else {
                    throw StoreError(.corrupt, "task \(id) was read as one that waits, and no range counts it")
                }
            }
            state.passEmptyRanges(of: asked.type)
            takenBytes -= buffer.size
            taken.append(Taken(handOuts: buffer.handOuts, isExhausted: !state.isAnythingLeft(asked.type, at: take.now.rawValue)))
        }
        while nextTake < changes.takes.count, takenBytes <= 0 || state.types.number(of: changes.takes[nextTake].type) == nil {
            takeNothing(state)
        }
    }

    /// Answers the next take, which has no bytes or whose type is not known.
    private mutating func takeNothing(_ state: borrowing OpenState) {
        let isKnown = state.types.number(of: changes.takes[nextTake].type) != nil
        taken.append(Taken(handOuts: [], isExhausted: takenBytes > 0 && !isKnown))
        nextTake += 1
    }
}
