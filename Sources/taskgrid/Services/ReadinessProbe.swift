import AMQP
import Logging
import ServiceLifecycle
import TaskGridCore

/// Finds out from the broker when a service that does not say so itself consumes.
struct ReadinessProbe: Service {
    enum Sign: Sendable {
        /// Somebody consumes from the queue.
        case consumers
        /// The queue is there and belongs to another connection.
        case owned
    }

    private static let interval = Duration.milliseconds(100)

    let queue: Queue
    let sign: Sign
    let setup: ServiceSetup

    func run() async throws {
        let connection = Connection(setup.endpoint, name: "readiness", logger: setup.logger)
        do {
            try await connection.start()
            while !(await isReady(connection)) { try await Task.sleep(for: Self.interval) }
            setup.ready.make()
        } catch is CancellationError {
            // Told to stop before it was ready.
        } catch {
            setup.logger.error("readiness is not known", metadata: ["error": "\(error)"])
        }
        await connection.close()
    }

    private func isReady(_ connection: Connection) async -> Bool {
        do throws(AMQPError) {
            let depth = try await connection.depth(of: queue.name)
            return sign == .consumers && depth.consumers > 0
        } catch {
            return sign == .owned && error.code == .resourceLocked
        }
    }
}
