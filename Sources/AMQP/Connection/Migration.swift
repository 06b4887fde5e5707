import Foundation
import Logging

/// Declares exchanges and queues, and replaces those that an earlier version has declared otherwise: the messages of such
/// a queue are moved to a spare queue, the queue is deleted and declared anew, and the messages are moved back. Meanwhile new messages go
/// to the spare queue too.
///
/// It blocks the connection's thread. Killed in between, it goes on when the connection is next established.
struct Migration {
    let session: ConnectionSession
    let declarations: Declarations
    let logger: Logger

    private var channel: UInt16 { Connection.Channel.administration }
    private var handle: Handle { session.handle }

    func run() throws(AMQPError) {
        for exchange in declarations.exchanges {
            guard try !declare(Declarations(exchanges: [exchange])) else { continue }
            try replacing("exchange", named: exchange.name) { () throws(AMQPError) in
                try handle.delete(exchange: exchange.name, channel)
                try handle.declare(Declarations(exchanges: [exchange]), channel)
            }
        }
        for queue in declarations.queues {
            let spare = Spare(queue)
            if try !declare(Declarations(queues: [queue])) {
                try replacing("queue", named: queue.name) { () throws(AMQPError) in try replace(queue, spare) }
            } else if queue.isDurable, try !deleteIfEmpty(spare.queue.name) {
                // An earlier try got this far.
                try moveBack(queue, spare)
            }
        }
        try handle.declare(declarations, channel)
    }

    /// The queue that keeps messages meanwhile, and its exchange. Both outlive the process.
    private struct Spare {
        let exchange: Exchange
        let queue: Queue

        init(_ queue: Queue) {
            exchange = Exchange("\(queue.name).migration", .fanout)
            self.queue = .shared(
                exchange.name, kind: queue.arguments["x-queue-type"] == .string(Queue.Kind.quorum.rawValue) ? .quorum : .classic)
        }

        var binding: Binding { Binding(exchange: exchange.name, queue: queue.name, key: "") }
    }

    private func sources(of queue: Queue) -> [Binding] { declarations.bindings.filter { $0.queue == queue.name } }

    private func replace(_ queue: Queue, _ spare: Spare) throws(AMQPError) {
        let sources = sources(of: queue)
        let spareBindings = sources.map { Binding(exchange: $0.exchange, queue: spare.queue.name, key: $0.key) }
        try handle.declare(
            Declarations(exchanges: [spare.exchange], queues: [spare.queue], bindings: [spare.binding] + spareBindings), channel)
        for source in sources { try handle.unbind(source, channel) }
        repeat {
            while try handle.move(from: queue.name, to: spare.exchange.name, Connection.Channel.publish) > 0 {}
        } while try !deleteIfEmpty(queue.name)
        try handle.declare(Declarations(queues: [queue], bindings: sources), channel)
        try moveBack(queue, spare)
    }

    private func moveBack(_ queue: Queue, _ spare: Spare) throws(AMQPError) {
        let sources = sources(of: queue)
        try handle.declare(Declarations(exchanges: [spare.exchange], bindings: sources), channel)
        for source in sources { try handle.unbind(Binding(exchange: source.exchange, queue: spare.queue.name, key: source.key), channel) }
        try handle.unbind(spare.binding, channel)
        try handle.bind(Binding(exchange: spare.exchange.name, queue: queue.name, key: ""), channel)
        repeat {
            while try handle.move(from: spare.queue.name, to: spare.exchange.name, Connection.Channel.publish) > 0 {}
        } while try !deleteIfEmpty(spare.queue.name)
        try handle.delete(exchange: spare.exchange.name, channel)
    }

    /// - Returns: false where it is there and declared otherwise.
    private func declare(_ declarations: Declarations) throws(AMQPError) -> Bool {
        try succeeds { () throws(AMQPError) in try handle.declare(declarations, channel) }
    }

    /// - Returns: false where it holds messages.
    private func deleteIfEmpty(_ queue: String) throws(AMQPError) -> Bool {
        try succeeds { () throws(AMQPError) in try handle.delete(queue, ifEmpty: true, channel) }
    }

    /// Whether the broker does something, and does not answer 406.
    private func succeeds(_ body: () throws(AMQPError) -> Void) throws(AMQPError) -> Bool {
        do throws(AMQPError) {
            try body()
            return true
        } catch {
            guard error.code == .preconditionFailed, !handle.isClosedByBroker else { throw error }
            session.encoder.channelCloseOK(channel: channel)
            guard session.flush(until: .now + Handle.callTimeout) else {
                throw AMQPError(.connectionLost, "the broker takes no bytes")
            }
            try handle.openChannel(channel)
            return false
        }
    }

    private func replacing(_ what: String, named name: String, _ body: () throws(AMQPError) -> Void) throws(AMQPError) {
        logger.notice("declared otherwise by an earlier version, replacing it", metadata: [AMQPLogKey.name: "\(what) \(name)"])
        do throws(AMQPError) {
            try body()
            logger.notice("replaced", metadata: [AMQPLogKey.name: "\(what) \(name)"])
        } catch {
            guard error.code == .accessRefused || error.code == .preconditionFailed else { throw error }
            let command = what == "queue" ? "rabbitmqctl delete_queue \(name)" : "rabbitmqadmin delete exchange name=\(name)"
            throw AMQPError(
                .preconditionFailed,
                "\(what) \(name) is declared otherwise by an earlier version and cannot be replaced (\(error)): stop whatever uses it and "
                    + "delete it with '\(command)'; its messages are lost",
                brokerCode: error.brokerCode
            )
        }
    }
}
