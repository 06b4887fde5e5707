import AMQP
import Foundation
import TaskGridCore

extension Publication {
    static func reply(_ reply: Reply, to client: String, _ topology: Topology) -> Publication {
        Publication(exchange: topology.reply.name, routingKey: client, message: reply.message())
    }

    /// The answer to a query.
    static func answer(_ answer: Message, to replyTo: String, _ topology: Topology) -> Publication {
        Publication(exchange: topology.reply.name, routingKey: replyTo, message: answer)
    }

    /// A submission that was not accepted; nothing where nobody waits for the answer.
    static func rejection(of submission: Submission, _ rejection: Rejection, _ topology: Topology) -> [Publication] {
        guard let client = submission.client else { return [] }
        let reply = Reply(
            form: submission.form, type: submission.type, correlation: submission.correlation, content: .rejected(rejection)
        )
        return [.reply(reply, to: client, topology)]
    }

    /// The answer to a submission that cannot be read, where it says whom to answer.
    static func rejection(of message: Message, _ error: WireError, _ topology: Topology) -> Publication? {
        let properties = message.properties
        guard let client = properties.replyTo, (1...WireFormat.maximumIDLength).contains(client.utf8.count) else { return nil }
        return Publication(exchange: topology.reply.name, routingKey: client, message: Reply.rejection(of: message, error))
    }

    /// A message that cannot be used, put where people look at it.
    static func dead(_ message: Message, _ reason: String, _ topology: Topology) -> Publication {
        Publication(exchange: topology.dead.name, routingKey: "", message: message.dead(because: reason))
    }

    /// What is said in place of a message that is larger than the broker takes; nil where there is no less to say.
    func smaller(than limit: Int, _ topology: Topology) -> Publication? {
        var smaller = self
        if exchange == topology.reply.name, AnswerMessage.isAnswer(message) {
            smaller.message = AnswerMessage.replacing(
                message, because: "it has \(message.body.count) bytes, and the broker takes \(limit) at most")
        } else if exchange == topology.dead.name {
            smaller.message.body = Data()
        }
        return smaller.message.body.count <= limit ? smaller : nil
    }

    static func event(_ event: GridEvent, _ topology: Topology) -> Publication {
        Publication(exchange: topology.events.name, routingKey: topology.gridEventKey(event.kind.rawValue), message: .event(event))
    }
}
