import AMQP
import Logging
import TaskGridConfiguration
import TaskGridCore

/// The exchanges and shared queues of the grid, looked at over AMQP, which changes nothing and needs no permission.
struct NamesReading: Sendable {
    let exchanges: [Exchange]
    let queues: [Queue]
    var missingExchanges: [String] = []
    /// Why a queue cannot be used, by its name; empty: it is not there.
    var troubledQueues: [String: String] = [:]
    var deadLetters = 0
    /// How many consumers a queue has, by its name.
    var consumers: [String: Int] = [:]
    /// Why the looking ended early.
    var failure: AMQPError?

    init(_ topology: Topology) {
        exchanges = topology.exchanges
        queues = (topology.dispatcher + topology.nameservice).queues.filter(\.isDurable)
    }

    static func read(_ location: GridLocation, logger: Logger) async -> NamesReading {
        var reading = NamesReading(location.topology)
        let connection = Connection(location.endpoint, name: "taskgrid check", clientProperties: .grid, logger: logger)
        do throws(AMQPError) {
            try await connection.start(patience: .zero)
            for exchange in reading.exchanges where try await !connection.isThere(exchange) {
                reading.missingExchanges.append(exchange.name)
            }
            for queue in reading.queues { try await reading.look(at: queue, location.topology, over: connection) }
        } catch {
            reading.failure = error
        }
        await connection.close()
        return reading
    }

    private mutating func look(at queue: Queue, _ topology: Topology, over connection: Connection) async throws(AMQPError) {
        do throws(AMQPError) {
            let depth = try await connection.depth(of: queue.name)
            consumers[queue.name] = depth.consumers
            if queue == topology.deadQueue { deadLetters = depth.messages }
        } catch {
            guard error.brokerCode != nil else { throw error }
            // RabbitMQ says 404 too of a queue whose node is down.
            troubledQueues[queue.name] = error.message.contains("no queue '") ? "" : error.message
        }
    }

    /// No service has run under this prefix.
    var isNothingThere: Bool {
        missingExchanges.count == exchanges.count && troubledQueues.count == queues.count && troubledQueues.values.allSatisfy(\.isEmpty)
    }

    func findings(_ topology: Topology) -> [Finding] {
        if let failure {
            return [
                .problem(
                    .queues, "the exchanges and queues could not be looked at: \(failure.message)",
                    advice: "look whether a queue has lost its leader: rabbitmqctl list_queues name state leader")
            ]
        }
        guard !isNothingThere else {
            return [
                .problem(
                    .exchanges, "there is nothing named \(topology.prefix).…: no service of this grid has run on this broker",
                    advice: "start the grid, or correct --prefix, which is '\(topology.prefix)'")
            ]
        }
        return exchangeFindings + queueFindings + deadLetterFindings(topology)
    }

    /// The state of the services by their queues, for a user without the right to ask them.
    func serviceFindings(_ grid: CheckedGrid) -> [Finding] {
        [Topology.Service.dispatcher, .nameservice].compactMap { service in
            let queue = grid.topology.rpcQueue(service).name
            return consumers[queue].map { count in
                guard count > 0 else {
                    return .problem(
                        .services, "nobody consumes \(queue): no \(service) runs",
                        advice: "see what its log says, or start one with 'taskgrid \(service)'")
                }
                return .ok(.services, "the \(service) consumes \(queue); the user of a \(grid.role) may not ask it")
            }
        }
    }

    private var exchangeFindings: [Finding] {
        guard missingExchanges.isEmpty else {
            return [
                .problem(
                    .exchanges, "missing: \(missingExchanges.listed)",
                    advice: "start the dispatcher, which declares them: taskgrid dispatcher")
            ]
        }
        return [.ok(.exchanges, "all \(exchanges.count) are there")]
    }

    private var queueFindings: [Finding] {
        guard !troubledQueues.isEmpty else { return [.ok(.queues, "all \(queues.count) shared queues are there")] }
        let missing = troubledQueues.filter(\.value.isEmpty).keys.sorted()
        var findings = troubledQueues.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { _, reason in
            Finding.problem(.queues, reason, advice: "start the node that the queue lives on: rabbitmqctl list_queues name state leader")
        }
        if !missing.isEmpty {
            findings.append(
                .problem(
                    .queues, "missing: \(missing.listed)",
                    advice: "start the dispatcher and the nameservice, which declare them: taskgrid dispatcher, taskgrid nameservice"))
        }
        return findings
    }

    private func deadLetterFindings(_ topology: Topology) -> [Finding] {
        guard deadLetters > 0 else { return [] }
        return [
            .warning(
                .queues, "\(topology.deadQueue.name) holds \(deadLetters) messages that a program could not read",
                advice: "taskgrid dead lists them with their senders; taskgrid dead purge deletes them")
        ]
    }
}
