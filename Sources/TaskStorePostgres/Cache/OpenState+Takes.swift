/// A part of what a take may hand out, in the order in which it does.
struct TakePiece: Equatable {
    enum Kind: Int16 {
        /// All tasks of these ids wait.
        case whole
        /// Some of these ids have ended or are deferred.
        case partial
        /// A deferred task that is due.
        case due
    }

    let kind: Kind
    let first: Int64
    let last: Int64
    /// The most tasks that are read of it.
    let most: Int
    /// When the deferred task was due.
    var due: Int64 = 0
}

extension OpenState {
    /// Finds where the tasks are that a take of a type may hand out: those that are due, then those that wait, a higher priority first.
    mutating func pieces(of type: Int32, at now: Int64, limit: Int) -> [TakePiece] {
        var pieces = deferred.due(type, at: now, limit: limit).map {
            TakePiece(kind: .due, first: $0.id, last: $0.id, most: 1, due: $0.time)
        }
        var room = limit - pieces.count
        for cursor in cursors.indices(of: type) where cursors[cursor].pending > 0 {
            let position = cursors[cursor].position
            var passed = 0
            while room > 0, let first = cursors.range(cursor, after: passed) {
                passed += 1
                guard let index = ranges.index(from: first), case let range = ranges[index], range.last > position else { continue }
                let start = max(first, position + 1)
                if range.isWhole {
                    let count = min(room, Int(range.last - start) + 1)
                    pieces.append(TakePiece(kind: .whole, first: start, last: start + Int64(count) - 1, most: count))
                    room -= count
                } else {
                    pieces.append(TakePiece(kind: .partial, first: start, last: range.last, most: room))
                    // Around the cursor it is not known how many of them are beyond it.
                    if start == first { room -= Int(range.rest) }
                }
            }
            if room <= 0 { break }
        }
        return pieces
    }

    /// A waiting task was handed out.
    mutating func handOut(_ id: Int64, cursor: Int32) {
        cursors.removePending(cursor, count: 1)
        cursors.advance(cursor, to: id)
    }

    /// Moves the cursors of a type past ranges that have nothing for them any more: where nothing waits, past deferred tasks too, so that
    /// nobody walks over them.
    mutating func passEmptyRanges(of type: Int32) {
        for cursor in cursors.indices(of: type) {
            while let first = cursors.range(cursor, after: 0) {
                let range = ranges.index(from: first).map { ranges[$0] }
                if let range, range.last > cursors[cursor].position {
                    guard cursors[cursor].pending == 0 else { break }
                    cursors.advance(cursor, to: range.last)
                }
                cursors.pass(cursor)
            }
        }
    }
}
