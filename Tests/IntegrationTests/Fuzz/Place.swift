import AMQP
import TaskGridCore

/// A destination of the grid's messages, and the kind of message that its receiver reads.
enum Place: String, CaseIterable, Decodable {
    case submit, results, work, registry, dispatcher, nameservice, control, events, reply

    /// The `type` property of a good message here; nil: the task's type.
    var kind: String? {
        switch self {
        case .submit, .results, .work, .events, .reply: nil
        case .registry: RegistryMessage.Kind.heartbeat.rawValue
        case .dispatcher: TasksQuery.name
        case .nameservice: WorkersQuery.name
        case .control: CancelRequest.name
        }
    }

    func publication(_ message: Message, _ topology: Topology, type: TaskType, client: String) -> Publication {
        let (exchange, key) =
            switch self {
            case .submit: (topology.submit, type.name)
            case .results: (topology.results, type.name)
            case .work: (topology.work, type.name)
            case .registry: (topology.registry, "heartbeat.\(type)")
            case .dispatcher, .nameservice: (topology.rpc, rawValue)
            case .control: (topology.control, topology.cancelKey(type))
            case .events: (topology.events, topology.taskEventKey(type))
            case .reply: (topology.reply, client)
            }
        return Publication(exchange: exchange.name, routingKey: key, message: message)
    }

    /// Whether nobody here can use the message, so that it belongs to the dead. A query that cannot be read is answered by
    /// an error where it says whom to answer.
    func mustDie(_ message: Message, type: TaskType) -> Bool {
        do {
            switch self {
            case .submit: try Submission(message).type.check(routingKey: type.name)
            case .results: try Results(message).type.check(routingKey: type.name)
            case .work: return try Work(message).type != type
            case .registry: _ = try RegistryMessage.decode(message, routingKey: "heartbeat.\(type)")
            case .dispatcher, .nameservice:
                return !(1...WireFormat.maximumIDLength).contains(message.properties.replyTo?.utf8.count ?? 0)
            case .control:
                if message.properties.type == CancelRequest.name { _ = try CancelRequest(message) }
            case .events: _ = try JSON.decode(TypeEvent.self, message.body)
            case .reply:
                if !AnswerMessage.isAnswer(message) { _ = try Reply(message) }
            }
            return false
        } catch {
            return true
        }
    }
}
