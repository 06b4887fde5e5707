package import TaskGridCore

/// How a dispatcher behaves.
package struct DispatcherConfiguration: Hashable, Sendable {
    /// The most bytes that a task's payload may have.
    package var maximumPayload: Int
    /// The attempts of a task whose submission gives no number, and the backoff between them.
    package var retry: RetryPolicy
    /// How long an ended task and its result are kept.
    package var retention: Duration
    /// How many ended tasks are kept at most. Beyond so many keys of submissions, the oldest go too that have no tasks left, except those
    /// of the latest hour (``leastKeyRetention``).
    package var retentionCount: Int
    /// How long a type is still known that no worker serves, that has no tasks and is not paused.
    package var typeRetention: Duration
    /// How much work the broker holds per type, in time at the rate measured.
    package var window: Duration
    /// The most tasks of a type that the broker holds.
    package var maximumWindow: Int
    /// How long a work batch is expected to run at most.
    package var batchTarget: Duration
    /// The most tasks of a work batch; 256 is where a larger one stops paying.
    package var maximumBatch: Int
    /// Whether work messages survive a restart of the broker.
    package var persistsWork: Bool
    /// When a type's tasks are held back because most of the recent attempts fail.
    package var breaker: BreakerSettings
    /// How many messages of each of its queues the broker hands the dispatcher ahead.
    package var prefetch: Int
    /// Which user may do what; nil: everybody everything.
    package var access: AccessPolicy?

    /// For so long the key of every submission is kept, whatever ``retention`` and ``retentionCount`` say.
    package static let leastKeyRetention = Duration.seconds(3600)

    package init(
        maximumPayload: Int = 4 << 20, retry: RetryPolicy = RetryPolicy(), retention: Duration = .seconds(7 * 24 * 3600),
        retentionCount: Int = 10_000_000, typeRetention: Duration = .seconds(3600), window: Duration = .seconds(2),
        maximumWindow: Int = 50_000, batchTarget: Duration = .milliseconds(5), maximumBatch: Int = 256, persistsWork: Bool = false,
        breaker: BreakerSettings = BreakerSettings(), prefetch: Int = 500, access: AccessPolicy? = nil
    ) {
        self.maximumPayload = maximumPayload
        self.retry = retry
        self.retention = retention
        self.retentionCount = retentionCount
        self.typeRetention = typeRetention
        self.window = window
        self.maximumWindow = maximumWindow
        self.batchTarget = batchTarget
        self.maximumBatch = maximumBatch
        self.persistsWork = persistsWork
        self.breaker = breaker
        self.prefetch = prefetch
        self.access = access
    }
}
