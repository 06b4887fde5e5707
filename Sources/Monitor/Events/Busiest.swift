/// The first `limit` of many keys by their ranks, the highest first; of equal rank, in the order of the keys. Looks at each once.
struct Busiest<Key: Comparable, Rank: Comparable> {
    private let limit: Int
    private var first: [(key: Key, rank: Rank)] = []
    /// How many there were.
    private(set) var count = 0

    init(_ limit: Int) {
        self.limit = limit
    }

    var keys: [Key] { first.map(\.key) }

    mutating func add(_ key: Key, _ rank: Rank) {
        count += 1
        if first.count == limit, let last = first.last, !Self.comes((key, rank), before: last) { return }
        var (low, high) = (0, first.count)
        while low < high {
            let middle = (low + high) / 2
            if Self.comes(first[middle], before: (key, rank)) { low = middle + 1 } else { high = middle }
        }
        first.insert((key, rank), at: low)
        if first.count > limit { first.removeLast() }
    }

    private static func comes(_ one: (key: Key, rank: Rank), before other: (key: Key, rank: Rank)) -> Bool {
        one.rank == other.rank ? one.key < other.key : one.rank > other.rank
    }
}
