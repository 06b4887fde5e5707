import AMQP
import Foundation
import Logging
import TaskGridCore

/// The grid's dead-letter queue.
///
/// It is read by a consumer that acknowledges nothing: when its connection closes, the broker puts every message back to its place.
struct DeadLetterQueue {
    /// How long the broker may take to hand over the next messages, before what came is taken for all that there is.
    private static let patience = Duration.seconds(5)
    /// More than the queue can hold, with the properties of its messages.
    private static let maximumBytes = 256 << 20

    private let connection: Connection
    private let name: String

    /// Runs `body` with the queue of the grid that the options mean.
    static func withQueue<Success>(of grid: GridOptions, _ body: (DeadLetterQueue) async throws -> Success) async throws -> Success {
        let configuration = try await grid.configuration()
        let location = try configuration.location()
        let logger = configuration.logger("taskgrid", default: .warning, hidesConnections: configuration.logLevel == nil)
        let connection = Connection(
            location.endpoint, name: "taskgrid dead", clientProperties: .grid, declarations: Declarations(), logger: logger)
        do {
            do {
                try await connection.start(patience: patience)
            } catch {
                throw Failure(.unreachable, "\(error)")
            }
            let success = try await body(DeadLetterQueue(connection: connection, name: location.topology.deadQueue.name))
            await connection.close()
            return success
        } catch {
            await connection.close()
            throw error
        }
    }

    /// How many letters there are.
    func count() async throws -> Int {
        do throws(AMQPError) {
            return try await connection.depth(of: name).messages
        } catch {
            guard error.code == .notFound else { throw Failure(.unreachable, error.message) }
            throw Failure(.unreachable, "there is no queue \(name): no dispatcher has run on this grid yet; start one with 'taskgrid up'")
        }
    }

    /// All letters that are there now, the oldest first. They stay where they are.
    func letters() async throws -> [DeadLetter] {
        let count = try await count()
        guard count > 0 else { return [] }
        let consumer = connection.consumer(queues: [name], prefetch: count, maximumBytes: Self.maximumBytes)
        return await withTaskGroup(of: [DeadLetter]?.self) { group in
            group.addTask {
                var letters: [DeadLetter] = []
                while letters.count < count, let deliveries = await consumer.next() {
                    letters += deliveries.map { DeadLetter(message: $0.message) }
                }
                return letters
            }
            group.addTask {
                // Some may have gone since they were counted: another reader holds them, or the queue was purged.
                try? await Task.sleep(for: Self.patience)
                await consumer.cancel()
                return nil
            }
            defer { group.cancelAll() }
            for await letters in group {
                if let letters { return Array(letters.prefix(count)) }
            }
            return []
        }
    }

    /// Deletes all letters; returns how many.
    func purge() async throws -> Int {
        do throws(AMQPError) {
            return try await connection.purge(queue: name)
        } catch {
            throw Failure(.failed, error.message)
        }
    }
}
