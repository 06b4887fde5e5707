import DequeModule

/// Lets one call after another through, in the order in which they came: for an actor whose calls wait in the middle.
struct Turnstile {
    private var isTaken = false
    private var waiting: Deque<CheckedContinuation<Void, Never>> = []

    /// Whether the caller may go at once; else it has to wait.
    mutating func enter() -> Bool {
        defer { isTaken = true }
        return !isTaken
    }

    mutating func wait(_ continuation: CheckedContinuation<Void, Never>) { waiting.append(continuation) }

    /// The caller is through. The returned continuation is that of the next one.
    mutating func leave() -> CheckedContinuation<Void, Never>? {
        let next = waiting.popFirst()
        isTaken = next != nil
        return next
    }
}
