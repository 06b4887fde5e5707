package import AMQP

/// How often a task that failed is tried again, and how long apart.
package struct RetryPolicy: Hashable, Sendable {
    /// The number of attempts, the first included; at least 1.
    package var maxAttempts: Int
    package var backoff: Backoff

    package init(maxAttempts: Int = 3, backoff: Backoff = Backoff(base: .seconds(1), ceiling: .seconds(60))) {
        self.maxAttempts = max(1, maxAttempts)
        self.backoff = backoff
    }
}
