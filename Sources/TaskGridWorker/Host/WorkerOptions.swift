import Foundation

/// How a worker's process works: the keys `worker.…` of the configuration.
public struct WorkerOptions: Hashable, Sendable {
    /// Four tasks for each processor core: most tasks wait for something else most of the time, and one that computes
    /// has a core's share anyway, as there are only as many threads as cores.
    public static var defaultConcurrency: Int { 4 * ProcessInfo.processInfo.activeProcessorCount }

    /// How many tasks run at a time; at least 1.
    public var concurrency: Int
    /// How many messages (single tasks or batches) of each type the broker hands out ahead; nil: one for each slot, and up to twice as
    /// many, at least 8, while tasks of the type are short. It bounds what the process holds in memory. At most 65,535 (AMQP 0-9-1,
    /// `basic.qos`).
    public var prefetch: Int?
    /// How long running tasks have to finish once the worker is told to stop.
    public var drainDeadline: Duration
    /// Whether the broker writes results to disk. The grid finds lost ones, and has their tasks run again, either way.
    public var persistsResults: Bool

    public init(
        concurrency: Int = defaultConcurrency, prefetch: Int? = nil, drainDeadline: Duration = .seconds(30), persistsResults: Bool = false
    ) {
        self.concurrency = concurrency
        self.prefetch = prefetch
        self.drainDeadline = drainDeadline
        self.persistsResults = persistsResults
    }
}
