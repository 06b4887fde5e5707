import TaskGridCore

extension Results {
    /// The messages in place of one that is larger than the broker takes: its halves, or of a single result that it is too
    /// large. Empty where there is no less to say.
    func smaller(size: Int, limit: Int) -> [Results] {
        var (first, second) = (self, self)
        guard items.count == 1 else {
            first.items = Array(items.prefix(items.count / 2))
            second.items = Array(items.dropFirst(items.count / 2))
            return [first, second].filter { !$0.items.isEmpty }
        }
        guard case .succeeded(let result) = items[0].outcome else { return [] }
        first.items[0].outcome = .failed(
            TaskError(
                .resultTooLarge,
                "a result of \(result.count) bytes; the broker takes messages of \(limit) bytes at most: "
                    + "return less, or raise max_message_size"
            )
        )
        return [first]
    }
}
