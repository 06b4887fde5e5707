import AMQP
import TaskGridCore

extension Publication {
    static func reply(_ reply: Reply, to client: String, _ topology: Topology) -> Publication {
        Publication(exchange: topology.reply.name, routingKey: client, message: reply.message())
    }

    /// The answer to a question.
    static func answer(_ answer: Message, to asker: String, _ topology: Topology) -> Publication {
        Publication(exchange: topology.reply.name, routingKey: asker, message: answer)
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
        guard let client = properties.replyTo, (1...WireFormat.maximumIDLength).contains(client.utf8.count),
            let type = try? TaskType(properties.type ?? "")
        else { return nil }
        let reply = Reply(
            form: .single, type: type, correlation: properties.correlationID, content: .rejected(Rejection(.malformed, "\(error)"))
        )
        return .reply(reply, to: client, topology)
    }

    /// A message that cannot be used, put where people look at it.
    static func dead(_ message: Message, _ reason: String, _ topology: Topology) -> Publication {
        Publication(exchange: topology.dead.name, routingKey: "", message: message.dead(because: reason))
    }

    static func event(_ event: GridEvent, _ topology: Topology) -> Publication {
        Publication(exchange: topology.events.name, routingKey: topology.gridEventKey(event.kind.rawValue), message: .event(event))
    }
}
