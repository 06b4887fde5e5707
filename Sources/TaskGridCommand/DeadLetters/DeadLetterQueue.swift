import AMQP
import Foundation
import Logging
import TaskGridConfiguration
import TaskGridCore

/// The grid's dead-letter queue.
///
/// It is read by a consumer that acknowledges nothing: when its connection closes, the broker puts every message back to its place.
struct DeadLetterQueue {
    /// How long the broker may take to hand over the next messages, before what came is taken for all that there is.
    private static let patience = Duration.seconds(5)
    /// More than the queue can hold, with the properties of its messages.
    private static let maximumBytes = 256 << 20

    private let location: GridLocation
    private let logger: Logger

    private var name: String { location.topology.deadQueue.name }

    /// Runs `body` with the queue of the grid that the options mean.
    static func withQueue<Success>(of grid: GridOptions, _ body: (DeadLetterQueue) async throws -> Success) async throws -> Success {
        let configuration = try await grid.configuration()
        let location = try configuration.location()
        let logger = configuration.logger("taskgrid", default: .warning, hidesConnections: configuration.logLevel == nil)
        return try await body(DeadLetterQueue(location: location, logger: logger))
    }

    private var connection: Connection {
        Connection(location.endpoint, name: "taskgrid dead", clientProperties: .grid, declarations: Declarations(), logger: logger)
    }

    /// Runs `body` while the connection is up.
    private func connected<Success>(_ connection: Connection, _ body: () async throws -> Success) async throws -> Success {
        do {
            try await connection.start(patience: Self.patience)
            let success = try await body()
            await connection.close()
            return success
        } catch {
            await connection.close()
            guard let error = error as? AMQPError else { throw error }
            guard error.code != .notFound else {
                let what = "there is no queue \(name): no dispatcher has run on this grid yet; start one with 'taskgrid up'"
                throw Failure(.unreachable, what)
            }
            throw Failure(
                error, code: error.code == .unreachable ? .unreachable : .failed, allowed: Failure.everyQueue(of: location.topology))
        }
    }

    /// How many letters there are.
    func count() async throws -> Int {
        let connection = connection
        return try await connected(connection) { try await connection.depth(of: name).messages }
    }

    /// All letters that are there now, the oldest first. They stay where they are.
    func letters() async throws -> [DeadLetter] {
        let count = try await count()
        guard count > 0 else { return [] }
        let connection = connection
        let consumer = connection.consumer(queues: [name], prefetch: count, maximumBytes: Self.maximumBytes)
        return try await connected(connection) { await read(count, from: consumer) }
    }

    /// So many letters, or those that come in time.
    private func read(_ count: Int, from consumer: Consumer) async -> [DeadLetter] {
        await withTaskGroup(of: [DeadLetter]?.self) { group in
            group.addTask {
                var letters: [DeadLetter] = []
                while letters.count < count, let deliveries = await consumer.next() {
                    letters += deliveries.map { DeadLetter(message: $0.message, of: location.topology) }
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
        let connection = connection
        return try await connected(connection) { try await connection.purge(queue: name) }
    }
}
