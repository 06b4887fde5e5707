import DequeModule
import TaskGridCore

/// The attempts that were cancelled last. One that still lay in the work queue and comes later is not to be run.
struct RecentCancels: Sendable {
    /// How many are remembered.
    static let capacity = 10_000

    private var attempts: Set<RegistryMessage.Held> = []
    /// In the order in which they came.
    private var order: Deque<RegistryMessage.Held> = []

    var isEmpty: Bool { attempts.isEmpty }

    func contains(_ attempt: RegistryMessage.Held) -> Bool { attempts.contains(attempt) }

    mutating func add(_ cancelled: some Sequence<RegistryMessage.Held>) {
        for attempt in cancelled where attempts.insert(attempt).inserted { order.append(attempt) }
        while order.count > Self.capacity, let oldest = order.popFirst() { attempts.remove(oldest) }
    }
}
