/// A change to all tasks that a filter means, which the dispatcher makes step by step. It survives the death of the dispatcher and of
/// whoever started it.
///
/// It goes from the newest task to the oldest, so it comes to each task once at most, and a task that fails again meanwhile is left alone.
public struct BulkAction: Hashable, Sendable, Codable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// Ends tasks that have not ended, as cancelled.
        case cancel
        /// Hands out again tasks that ended without success.
        case retry
    }

    public enum State: String, Sendable, Codable, CaseIterable {
        /// It is under way, or waits for one that was started before it.
        case running
        /// It has come to the end.
        case finished
        /// Somebody has stopped it.
        case stopped
        /// It has stopped because more tasks match than were expected.
        case exceeded
    }

    /// The longest id, in bytes.
    public static let maximumIDLength = 64
    /// How many are known at most: those that run, and the latest of the others.
    public static let maximum = 100

    /// Chosen by whoever starts it, such as a UUID. One that is started again with the same id is the same.
    public var id: String
    public var kind: Kind
    public var filter: TaskFilter
    /// How many tasks whoever started it expects. It stops if ``limit`` would be exceeded.
    public var expected: Int
    public var state: State
    /// Tasks that were changed.
    public var done: Int
    /// Tasks that were found and could not be changed, because their state has changed since.
    public var refused: Int
    /// It goes on with ids below this one; nil: with the newest task.
    public var before: TaskID?
    public var started: Timestamp
    public var ended: Timestamp?

    enum CodingKeys: String, CodingKey {
        case id, filter, expected, state, done, refused, before, started, ended
        case kind = "action"
    }

    public init(id: String, kind: Kind, filter: TaskFilter, expected: Int, started: Timestamp) {
        self.id = id
        self.kind = kind
        self.filter = filter
        self.expected = expected
        self.started = started
        state = .running
        done = 0
        refused = 0
    }

    /// The most tasks that it may change: a tenth more than expected, or ten.
    public var limit: Int { Self.limit(expected) }

    /// The same for an expected number.
    public static func limit(_ expected: Int) -> Int { expected.saturatingAdding(max(10, expected / 10)) }
}

extension BulkAction.Kind {
    /// The filter that this kind of action means: of a retry failed tasks if it names no state, of a cancellation those that have not
    /// ended.
    ///
    /// - Returns: nil for a state in which the action is not possible.
    public func meant(_ filter: TaskFilter) -> TaskFilter? {
        var filter = filter
        switch self {
        case .retry:
            filter.state = filter.state ?? .failed
            guard let state = filter.state, state.isTerminal, state != .succeeded else { return nil }
        case .cancel:
            if filter.state?.isTerminal == true { return nil }
            filter.isOpen = true
        }
        return filter
    }

    /// The states in which tasks can be meant, as a sentence.
    public var states: String {
        switch self {
        case .retry: "failed, cancelled or expired tasks can be retried"
        case .cancel: "pending, scheduled, queued or running tasks can be cancelled"
        }
    }
}
