/// The ranges of all cursors in the order of their ids, which rise: new ones come last, and no id is in two.
///
/// It remembers what has changed since the latest commit: that is what the next one writes, and what is undone if it fails.
struct OpenRanges {
    private var ranges: [OpenRange] = []
    /// Those whose rest is 0.
    private var gone = 0
    /// The ranges that have changed, as they were.
    private var before: [Int: OpenRange] = [:]
    /// How many there were; those beyond are new.
    private var known = 0
    /// The index that was found last: most tasks are the neighbours of the one before.
    private var latest = 0

    subscript(index: Int) -> OpenRange { ranges[index] }

    /// Those that are not gone.
    var all: [OpenRange] { ranges.filter { $0.rest > 0 } }

    /// Adds a range that the store has.
    mutating func load(_ range: OpenRange) {
        ranges.append(range)
        known = ranges.count
    }

    /// The index of the range that has the id: open or not, deferred or not.
    mutating func index(holding id: Int64) -> Int? {
        if latest < ranges.count, case let range = ranges[latest], range.first <= id, id <= range.last {
            return range.rest > 0 ? latest : nil
        }
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].first <= id { low = middle + 1 } else { high = middle }
        }
        guard low > 0, case let range = ranges[low - 1], id <= range.last, range.rest > 0 else { return nil }
        latest = low - 1
        return latest
    }

    /// The index of the range that begins with the id; nil: it is gone.
    mutating func index(from first: Int64) -> Int? {
        index(holding: first).flatMap { ranges[$0].first == first ? $0 : nil }
    }

    /// Adds the ids that come next to the last range if they continue it, else as a new one.
    ///
    /// - Returns: The index of the range, and whether it is a new one.
    mutating func add(_ first: Int64, count: Int32, cursor: Int32, hasRows: Bool) -> (index: Int, isNew: Bool) {
        if let last = ranges.last, last.cursor == cursor, last.rest > 0, last.last == first - 1,
            last.length + count <= OpenRange.maximumLength
        {
            let index = ranges.count - 1
            remember(index)
            ranges[index].length += count
            ranges[index].rest += count
            ranges[index].hasRows = last.hasRows || hasRows
            return (index, false)
        }
        ranges.append(OpenRange(first: first, length: count, rest: count, cursor: cursor, hasRows: hasRows))
        return (ranges.count - 1, true)
    }

    /// A task that was open in the range has ended or was deferred.
    ///
    /// - Returns: False where none was left.
    mutating func leave(_ index: Int) -> Bool {
        guard ranges[index].rest > 0 else { return false }
        remember(index)
        ranges[index].rest -= 1
        if ranges[index].rest == 0 { gone += 1 }
        return true
    }

    private mutating func remember(_ index: Int) {
        if index < known, before[index] == nil { before[index] = ranges[index] }
    }

    /// The ranges to write, and those to delete.
    func changes() -> (written: [OpenRange], deleted: [OpenRange]) {
        var changes = (written: ranges[known...].filter { $0.rest > 0 }, deleted: [OpenRange]())
        for index in before.keys.sorted() {
            if ranges[index].rest > 0 { changes.written.append(ranges[index]) } else { changes.deleted.append(ranges[index]) }
        }
        return changes
    }

    /// The changes are durable.
    mutating func accept() {
        before.removeAll(keepingCapacity: true)
        if gone > 64, gone > ranges.count / 2 {
            ranges.removeAll { $0.rest == 0 }
            gone = 0
        }
        known = ranges.count
    }

    /// The changes were not made.
    mutating func undo() {
        ranges.removeLast(ranges.count - known)
        for (index, range) in before { ranges[index] = range }
        gone = ranges.count { $0.rest == 0 }
        before.removeAll(keepingCapacity: true)
    }
}
