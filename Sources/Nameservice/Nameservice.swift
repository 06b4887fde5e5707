package import AMQP
package import Logging
import ServiceLifecycle
package import ServiceSupport
package import TaskGridCore

/// The nameservice: the consumer of the registry exchange. This module owns the lease of every worker. It tells the events
/// exchange who joined and who left, and answers who lives now, all of them or those of one type. The command composes and
/// runs it; clients and the monitor ask it through the rpc exchange.
///
/// It keeps nothing on disk: each heartbeat says everything, so one that starts anew knows all workers within a second. It answers queries
/// from then on.
///
/// Any number may run at a time. Each hears every worker over a queue of its own, so each is complete by itself, and they share the queue
/// of queries. Each tells of every worker that joins and leaves, so whoever hears that passes over what it has heard already
/// (`WorkerEventFilter`).
package struct Nameservice: Service {
    /// How long what is under way may take after a shutdown was asked for.
    private static let shutdownDeadline = Duration.seconds(5)

    private let endpoint: Endpoint
    private let topology: Topology
    private let maximumWorkers: Int
    private let access: AccessPolicy?
    private let vitals: Vitals
    private let logger: Logger
    private let onReady: @Sendable () -> Void

    /// - `maximumWorkers`: how many workers of a user it knows at a time, where other users have none; more are refused, logged, and told to
    ///   the events exchange as an error. A user has no more than is left for the others (`UserShares`).
    /// - `access`: which user may serve which types; others are not counted. nil: everybody everything.
    /// - `vitals`: where it shows its health.
    /// - `onReady`: called once it consumes.
    package init(
        endpoint: Endpoint, topology: Topology, maximumWorkers: Int = 10_000, access: AccessPolicy? = nil,
        vitals: Vitals = Vitals(), logger: Logger, onReady: @escaping @Sendable () -> Void = {}
    ) {
        self.endpoint = endpoint
        self.topology = topology
        self.maximumWorkers = maximumWorkers
        self.access = access
        self.vitals = vitals
        self.logger = logger
        self.onReady = onReady
    }

    /// Serves until a graceful shutdown, or until the task is cancelled.
    ///
    /// - Throws: `AMQPError` where the broker refuses what no waiting mends. A broker that cannot be reached is no error:
    ///   it is tried again for ever.
    package func run() async throws {
        let session = NameserviceSession(
            endpoint: endpoint, topology: topology, maximumWorkers: maximumWorkers, access: access, vitals: vitals,
            logger: logger)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    // It throws when the task is cancelled, and then too it is time to stop.
                    try? await gracefulShutdown()
                    vitals.enter(.stopping)
                    await session.stop(within: Self.shutdownDeadline)
                }
                group.addTask { try await session.serve(onReady: onReady) }
                // Whichever comes first: all is served, or the time that a shutdown gives is over.
                try await group.next()
                // Ends the waits that cancelling does not.
                await session.close()
                group.cancelAll()
                try await group.waitForAll()
            }
        } catch {
            await session.close()
            guard Task.isShuttingDownGracefully || Task.isCancelled else { throw error }
        }
        guard Task.isShuttingDownGracefully || Task.isCancelled else {
            throw AMQPError(.closed, "the nameservice's consumers ended though nobody asked for it; start it again")
        }
        logger.info("nameservice stopped")
    }
}
