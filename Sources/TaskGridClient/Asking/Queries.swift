import AMQP
import TaskGridCore

/// The queries that wait for an answer.
struct Queries: Sendable {
    struct Pending: Sendable {
        let continuation: CheckedContinuation<Result<Message, ClientError>, Never>
        let service: Topology.Service
        let patience: Duration
        let deadline: ContinuousClock.Instant
    }

    private var pending: [String: Pending] = [:]
    private var asked = 0

    var isEmpty: Bool { pending.isEmpty }

    /// A correlation id for the next query.
    mutating func correlation() -> String {
        asked += 1
        return "q\(asked)"
    }

    mutating func add(_ query: Pending, _ correlation: String) { pending[correlation] = query }

    mutating func take(_ correlation: String) -> Pending? { pending.removeValue(forKey: correlation) }

    mutating func takeExpired(now: ContinuousClock.Instant) -> [Pending] {
        let expired = pending.filter { $0.value.deadline <= now }
        for correlation in expired.keys { pending[correlation] = nil }
        return Array(expired.values)
    }

    mutating func takeAll() -> [Pending] {
        defer { pending = [:] }
        return Array(pending.values)
    }
}
