/// For each type and priority the id up to which the tasks in ranges are handed out, how many wait beyond it, and in which ranges.
///
/// It remembers what has changed since the latest commit, as ``OpenRanges`` does.
struct Cursors {
    struct Cursor: Equatable {
        /// Up to this id they are handed out.
        var position: Int64
        /// How many open tasks that are not deferred have higher ids.
        var pending = 0
        /// How many of the ranges in its queue it has passed.
        fileprivate var passed = 0
        /// How many ranges its queue has.
        fileprivate var count = 0

        init(position: Int64) { self.position = position }
    }

    private(set) var names: [CursorName] = []
    private var cursors: [Cursor] = []
    /// The first ids of the ranges that wait, of each cursor, ascending. Some of them are gone.
    private var queues: [[Int64]] = []
    private var indices: [CursorName: Int32] = [:]
    /// Those of each type, the highest priority first.
    private var byType: [Int32: [Int32]] = [:]
    /// The indices of cursors of forgotten types, for new ones.
    private var free: [Int32] = []
    private var before: [Int32: Cursor] = [:]

    subscript(index: Int32) -> Cursor { cursors[Int(index)] }

    func index(of name: CursorName) -> Int32? { indices[name] }

    /// The cursors of a type, the highest priority first.
    func indices(of type: Int32) -> [Int32] { byType[type] ?? [] }

    /// The index of a cursor; it is made where there is none.
    mutating func index(adding name: CursorName, position: Int64 = 0) -> Int32 {
        if let index = indices[name] { return index }
        let index = free.popLast() ?? Int32(names.count)
        if Int(index) == names.count {
            names.append(name)
            cursors.append(Cursor(position: position))
            queues.append([])
        } else {
            (names[Int(index)], cursors[Int(index)]) = (name, Cursor(position: position))
        }
        indices[name] = index
        let place = byType[name.type]?.firstIndex { names[Int($0)].priority < name.priority }
        byType[name.type, default: []].insert(index, at: place ?? byType[name.type]?.count ?? 0)
        return index
    }

    /// A range that the store has lies beyond the cursor, or around it, with so many tasks that wait.
    mutating func load(_ index: Int32, range first: Int64, pending: Int) {
        queues[Int(index)].append(first)
        cursors[Int(index)].count += 1
        cursors[Int(index)].pending += pending
    }

    /// Tasks were added that wait: in a new range, or in one that the cursor may have passed.
    mutating func addPending(_ index: Int32, count: Int, range first: Int64) {
        remember(index)
        let place = Int(index)
        if cursors[place].passed == queues[place].count || queues[place].last != first {
            queues[place].append(first)
            cursors[place].count += 1
        }
        cursors[place].pending += count
    }

    /// Open tasks with ids beyond the cursor have ended, were deferred, or are handed out.
    mutating func removePending(_ index: Int32, count: Int) {
        guard count > 0 else { return }
        remember(index)
        cursors[Int(index)].pending -= count
    }

    mutating func advance(_ index: Int32, to id: Int64) {
        guard id > cursors[Int(index)].position else { return }
        remember(index)
        cursors[Int(index)].position = id
    }

    /// The range which the cursor comes to when it has passed so many of those that wait; nil: there are no more.
    func range(_ index: Int32, after count: Int) -> Int64? {
        let (queue, place) = (queues[Int(index)], cursors[Int(index)].passed + count)
        return place < queue.count ? queue[place] : nil
    }

    /// The cursor has passed the next range that waits.
    mutating func pass(_ index: Int32) {
        remember(index)
        cursors[Int(index)].passed += 1
    }

    /// The type is forgotten, durably: nothing of it is open.
    mutating func forget(type: Int32) {
        for index in indices(of: type) {
            let place = Int(index)
            (cursors[place], queues[place]) = (Cursor(position: 0), [])
            indices[names[place]] = nil
            free.append(index)
        }
        byType[type] = nil
    }

    private mutating func remember(_ index: Int32) {
        if before[index] == nil { before[index] = cursors[Int(index)] }
    }

    /// The cursors that have moved.
    func changes() -> [(name: CursorName, position: Int64)] {
        before.compactMap { index, cursor in
            let position = cursors[Int(index)].position
            return position != cursor.position ? (names[Int(index)], position) : nil
        }
    }

    /// The changes are durable.
    mutating func accept() {
        for index in before.keys {
            let place = Int(index)
            let passed = cursors[place].passed
            if passed > 32, passed > queues[place].count / 2 {
                queues[place].removeFirst(passed)
                cursors[place].passed = 0
                cursors[place].count -= passed
            }
        }
        before.removeAll(keepingCapacity: true)
    }

    /// The changes were not made.
    mutating func undo() {
        for (index, cursor) in before {
            let place = Int(index)
            cursors[place] = cursor
            queues[place].removeLast(queues[place].count - cursor.count)
        }
        before.removeAll(keepingCapacity: true)
    }
}
