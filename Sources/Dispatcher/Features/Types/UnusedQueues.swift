import AMQP
import DequeModule
import Logging
import ServiceSupport
import TaskGridCore

/// Deletes the work queues of types that were forgotten, where nothing is in them and nobody consumes them.
struct UnusedQueues: Sendable {
    let scheduler: Scheduler
    let connection: Connection
    let topology: Topology
    let logger: Logger

    /// Deletes them until the task is cancelled.
    func run() async {
        var types: Deque<TaskType> = []
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            if types.count < Scheduler.maximumTypes { types += await scheduler.takeRetired() }
            while connection.isConnected, let type = types.popFirst() {
                let queue = topology.workQueue(type).name
                do throws(AMQPError) {
                    let depth = try await connection.depth(of: queue)
                    guard depth.messages == 0, depth.consumers == 0 else { continue }
                    try await connection.delete(queue: queue)
                    logger.info("work queue deleted", metadata: [LogKey.queue: "\(queue)"])
                } catch  where error.code == .notFound {
                    // Nobody ever consumed it, or somebody else has deleted it.
                } catch {
                    logger.warning("work queue not deleted", metadata: [LogKey.queue: "\(queue)", LogKey.error: "\(error)"])
                }
            }
        }
    }
}
