import Foundation
import Logging

/// Replaces exchanges and queues that are declared otherwise, by an earlier version or by somebody else: the messages of such a queue are
/// moved to a spare queue, the queue is deleted and declared anew, and the messages are moved back. Meanwhile new messages go to the spare
/// queue too.
///
/// It blocks the connection's thread, and moves over the channel that is published on later. Killed in between, it goes on when the
/// connection is next established.
struct Migration {
    let session: ConnectionSession
    /// The connection's user, by whom all messages are published again. Those of others keep their user in a header.
    let user: String
    /// The bindings of the queues that may have to be replaced.
    let bindings: [Binding]
    let logger: Logger

    /// Replaces what is declared otherwise.
    func replace(_ declaration: Declaration) throws(AMQPError) {
        logger.notice(
            "declared otherwise, by an earlier version or by somebody else; replacing it",
            metadata: [AMQPLogKey.name: "\(declaration.name)"])
        let command: String
        switch declaration {
        case .exchange(let exchange): command = "rabbitmqadmin delete exchange name=\(exchange.name)"
        case .queue(let queue): command = "rabbitmqctl delete_queue \(queue.name)"
        }
        do throws(AMQPError) {
            switch declaration {
            case .exchange(let exchange):
                try call { (handle, channel) throws(AMQPError) in
                    try handle.delete(exchange: exchange.name, channel)
                    try handle.declare(declaration, channel)
                }
            case .queue(let queue): try replace(queue)
            }
        } catch {
            guard error.code == .accessRefused || error.code == .preconditionFailed else { throw error }
            throw AMQPError(
                .preconditionFailed,
                "\(declaration.name) is declared otherwise than this version does, and cannot be replaced (\(error)): stop whatever uses "
                    + "it and delete it with '\(command)'; its messages are lost",
                brokerCode: error.brokerCode
            )
        }
        logger.notice("replaced", metadata: [AMQPLogKey.name: "\(declaration.name)"])
    }

    /// Completes what an earlier try has begun with a queue that is declared as it should be.
    func complete(_ declaration: Declaration) throws(AMQPError) {
        guard case .queue(let queue) = declaration, queue.isDurable else { return }
        let spare = Spare(queue)
        // The spare exchange is there, and a queue is bound to it, while messages may be in the spare queue.
        let refusal = try session.refusal { (handle, channel) throws(AMQPError) in
            try handle.delete(exchange: spare.exchange.name, ifUnused: true, channel)
        }
        switch refusal?.code {
        // A user that may not delete the spare exchange has never made it.
        case nil, .accessRefused: return
        case .preconditionFailed: try moveBack(queue, spare)
        default: if let refusal { throw refusal }
        }
    }

    /// The queue that keeps messages meanwhile, and its exchange. Both outlive the process.
    private struct Spare {
        let exchange: Exchange
        let queue: Queue

        init(_ queue: Queue) {
            exchange = Exchange(queue.name + Queue.spareSuffix, .fanout)
            self.queue = .shared(
                exchange.name, kind: queue.arguments["x-queue-type"] == .string(Queue.Kind.quorum.rawValue) ? .quorum : .classic)
        }

        var binding: Binding { Binding(exchange: exchange.name, queue: queue.name, key: "") }
    }

    private func sources(of queue: Queue) -> [Binding] { bindings.filter { $0.queue == queue.name } }

    private func replace(_ queue: Queue) throws(AMQPError) {
        let spare = Spare(queue)
        let sources = sources(of: queue)
        let spareBindings = sources.map { Binding(exchange: $0.exchange, queue: spare.queue.name, key: $0.key) }
        try call { (handle, channel) throws(AMQPError) in
            try handle.declare(
                Declarations(exchanges: [spare.exchange], queues: [spare.queue], bindings: [spare.binding] + spareBindings), channel)
            for source in sources { try handle.unbind(source, channel) }
        }
        try empty(queue, into: spare.exchange)
        try call { (handle, channel) throws(AMQPError) in
            try handle.declare(Declarations(queues: [queue], bindings: sources), channel)
        }
        try moveBack(queue, spare)
    }

    private func moveBack(_ queue: Queue, _ spare: Spare) throws(AMQPError) {
        let sources = sources(of: queue)
        try call { (handle, channel) throws(AMQPError) in
            try handle.declare(Declarations(exchanges: [spare.exchange], queues: [spare.queue], bindings: sources), channel)
            for source in sources {
                try handle.unbind(Binding(exchange: source.exchange, queue: spare.queue.name, key: source.key), channel)
            }
            // In this order: the spare exchange is bound to a queue as long as the spare queue may hold messages.
            try handle.bind(Binding(exchange: spare.exchange.name, queue: queue.name, key: ""), channel)
            try handle.unbind(spare.binding, channel)
        }
        try empty(spare.queue, into: spare.exchange)
        try call { (handle, channel) throws(AMQPError) in try handle.delete(exchange: spare.exchange.name, channel) }
    }

    /// Moves what a queue holds, and deletes it. RabbitMQ deletes no quorum queue on the condition that it is empty.
    private func empty(_ queue: Queue, into exchange: Exchange) throws(AMQPError) {
        try session.handle.openTransactions(Connection.Channel.publish)
        repeat {
            while try session.handle.move(from: queue.name, to: exchange.name, as: user, Connection.Channel.publish) > 0 {}
        } while try session.administrate { (handle, channel) throws(AMQPError) in try handle.depth(of: queue.name, channel).messages > 0 }
        try call { (handle, channel) throws(AMQPError) in try handle.delete(queue.name, channel) }
        try session.handle.closeChannel(Connection.Channel.publish)
    }

    private func call(_ body: (Handle, UInt16) throws(AMQPError) -> Void) throws(AMQPError) { try session.administrate(body) }
}

extension Queue {
    /// What the spare queue of a queue that is replaced, and its exchange, have after its name.
    package static let spareSuffix = ".migration"
}
