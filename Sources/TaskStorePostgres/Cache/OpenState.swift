import TaskStore

/// What the store keeps in memory of the tasks that are open: ranges, cursors, deferred tasks and the numbers of types.
///
/// It is a copy of rows, and believed as long as the row of `slot` has its turn: each transaction that changes the rows raises that, and a
/// commit's first statement asks for it. A commit changes this copy while it makes its statements; ``accept()`` follows its COMMIT, and
/// ``undo()`` its failure. After an outcome that is not known the copy is thrown away and read anew.
///
/// An open range takes 24 bytes, and 8 while it waits; a deferred task about 80. A plain task takes nothing of its own.
struct OpenState {
    var slot = SlotState()
    private var committedSlot = SlotState()
    var types = TypeNumbers()
    var ranges = OpenRanges()
    var cursors = Cursors()
    var deferred = DeferredTasks()

    init(slot: SlotState) {
        self.slot = slot
        committedSlot = slot
    }

    /// The range that has the task, of which it may be an open one.
    mutating func range(holding id: Int64) -> (index: Int, range: OpenRange)? {
        ranges.index(holding: id).map { ($0, ranges[$0]) }
    }

    /// The number of an open task's latest hand-out, if it is in the range and not deferred.
    func attempt(of id: Int64, in range: OpenRange) -> Int32 { id <= cursors[range.cursor].position ? 1 : 0 }

    /// Adds tasks that are open and wait, or are handed out with those before them.
    mutating func add(_ first: Int64, count: Int, cursor: Int32, isHandedOut: Bool, hasRows: Bool) {
        var (next, rest) = (first, count)
        while rest > 0 {
            let part = min(rest, Int(OpenRange.maximumLength))
            let range = ranges.add(next, count: Int32(part), cursor: cursor, hasRows: hasRows)
            if !isHandedOut { cursors.addPending(cursor, count: part, range: ranges[range.index].first) }
            next += Int64(part)
            rest -= part
        }
        if isHandedOut { cursors.advance(cursor, to: first + Int64(count) - 1) }
    }

    /// A task of the range that was open and not deferred has ended or is deferred now.
    mutating func leave(_ id: Int64, _ index: Int) throws {
        let cursor = ranges[index].cursor
        guard ranges.leave(index) else { throw StoreError(.corrupt, "task \(id) is open, and no range counts it") }
        if id > cursors[cursor].position { cursors.removePending(cursor, count: 1) }
    }

    /// Whether a task of the type can be handed out now.
    mutating func isAnythingLeft(_ type: Int32, at now: Int64) -> Bool {
        cursors.indices(of: type).contains { cursors[$0].pending > 0 } || !deferred.due(type, at: now, limit: 1).isEmpty
    }

    /// The changes are durable.
    mutating func accept() {
        committedSlot = slot
        types.accept()
        ranges.accept()
        cursors.accept()
        deferred.accept()
    }

    /// The changes were not made.
    mutating func undo() {
        slot = committedSlot
        types.undo()
        ranges.undo()
        cursors.undo()
        deferred.undo()
    }
}
