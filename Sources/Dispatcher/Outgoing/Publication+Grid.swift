import AMQP
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
        guard let client = try? message.properties.answersTo() else { return nil }
        return Publication(exchange: topology.reply.name, routingKey: client, message: Reply.rejection(of: message, error))
    }

    static func event(_ event: GridEvent, _ topology: Topology) -> Publication {
        Publication(exchange: topology.events.name, routingKey: topology.gridEventKey(event.kind.rawValue), message: .event(event))
    }
}
