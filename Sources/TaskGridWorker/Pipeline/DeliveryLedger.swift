/// The deliveries that this worker holds, and how many items of each are not handed over yet.
///
/// A delivery may be acknowledged when the result of its last item is confirmed, and not before. Deliveries are known
/// by a number of their own, because a tag means nothing to another life of its channel.
struct DeliveryLedger<Tag: Sendable>: Sendable {
    private var open: [Int: (tag: Tag, items: Int)] = [:]
    private var last = 0

    var count: Int { open.count }
    var isEmpty: Bool { open.isEmpty }

    /// Enters a delivery of `items` items, at least one.
    mutating func receive(_ tag: Tag, items: Int) -> Int {
        precondition(items > 0, "a delivery without items could never be acknowledged")
        last += 1
        open[last] = (tag, items)
        return last
    }

    /// Counts `items` results of a delivery as confirmed.
    ///
    /// - Returns: The tag to acknowledge, where these were the last.
    mutating func confirm(_ delivery: Int, items: Int) -> Tag? {
        guard let entry = open[delivery] else { return nil }
        precondition(items <= entry.items, "more results confirmed than delivery \(delivery) has items")
        if items == entry.items {
            open[delivery] = nil
            return entry.tag
        }
        open[delivery] = (entry.tag, entry.items - items)
        return nil
    }
}
