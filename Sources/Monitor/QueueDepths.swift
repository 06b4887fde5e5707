import AMQP
import TaskGridCore

/// Looks at the depth of every known queue. However many ask, the broker is asked once at a time and at most once a
/// second.
actor QueueDepths {
    /// The most work queues looked at.
    static let maximumTypes = 500
    /// How long one look at all queues may take.
    private static let deadline = Duration.seconds(10)

    private let grid: GridState
    private let freshness: Duration
    private let depth: @Sendable (String) async throws(AMQPError) -> QueueDepth
    private var latest: (report: QueuesReport, at: ContinuousClock.Instant)?
    private var look: Task<QueuesReport, any Error>?

    /// `freshness`: how old an answer may be that is given again.
    init(
        grid: GridState, freshness: Duration = .seconds(1),
        depth: @escaping @Sendable (String) async throws(AMQPError) -> QueueDepth
    ) {
        self.grid = grid
        self.freshness = freshness
        self.depth = depth
    }

    /// - Throws: `AMQPError` where the broker cannot be asked.
    func report() async throws -> QueuesReport {
        if let latest, latest.at + freshness > .now { return latest.report }
        if let look { return try await look.value }
        // Unstructured, because it belongs to all requests that ask meanwhile: one that is cancelled must not end it for the others.
        // It ends by its deadline.
        let look = Task { try await self.lookAtAll() }
        self.look = look
        defer { self.look = nil }
        let report = try await look.value
        latest = (report, .now)
        return report
    }

    private func lookAtAll() async throws -> QueuesReport {
        let topology = grid.topology
        let statistics = grid.statistics
        let types = statistics.workers.values.reduce(into: Set(statistics.types.keys)) { $0.formUnion($1.worker.types) }.sorted()
        let queues =
            [
                topology.submitQueue, topology.resultsQueue, topology.rpcQueue(.dispatcher), topology.rpcQueue(.nameservice),
                topology.deadQueue,
            ] + types.prefix(Self.maximumTypes).map(topology.workQueue)
        let end = ContinuousClock.now + Self.deadline
        var report = QueuesReport(queues: [:], isCut: types.count > Self.maximumTypes)
        for queue in queues {
            guard ContinuousClock.now < end else {
                throw AMQPError(.timedOut, "the broker did not tell the depth of \(queues.count) queues within \(Self.deadline)")
            }
            do {
                report.queues[queue.name] = QueuesReport.Entry(try await depth(queue.name))
            } catch {
                guard error.code == .notFound else { throw error }
                report.queues[queue.name] = QueuesReport.Entry(nil)
            }
        }
        return report
    }
}
