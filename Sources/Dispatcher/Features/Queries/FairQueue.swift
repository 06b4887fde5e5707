import DequeModule

/// A queue of several senders, who take turns; the elements of one sender keep their order. Bounded in all and for each sender. Pure.
struct FairQueue<Element> {
    let capacity: Int
    /// How many may wait of one.
    let share: Int
    private var waiting: [String: Deque<Element>] = [:]
    /// Those of whom something waits, the next one first.
    private var turns: Deque<String> = []
    private(set) var count = 0

    init(capacity: Int, share: Int) {
        self.capacity = capacity
        self.share = share
    }

    /// Whether there was room.
    mutating func append(_ element: Element, from sender: String) -> Bool {
        guard count < capacity, waiting[sender, default: []].count < share else { return false }
        if waiting[sender] == nil { turns.append(sender) }
        waiting[sender, default: []].append(element)
        count += 1
        return true
    }

    /// The next one's first.
    mutating func popFirst() -> Element? {
        guard let sender = turns.popFirst(), let element = waiting[sender]?.popFirst() else { return nil }
        count -= 1
        if waiting[sender]?.isEmpty == false { turns.append(sender) } else { waiting[sender] = nil }
        return element
    }
}
