public import AMQP

/// How often a task that failed is tried again, and how long apart.
public struct RetryPolicy: Hashable, Sendable {
    /// The number of attempts, the first included; at least 1.
    public var maxAttempts: Int
    public var backoff: Backoff

    public init(maxAttempts: Int = 3, backoff: Backoff = Backoff(base: .seconds(1), ceiling: .seconds(60))) {
        self.maxAttempts = max(1, maxAttempts)
        self.backoff = backoff
    }
}
