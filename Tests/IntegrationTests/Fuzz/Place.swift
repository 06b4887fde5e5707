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

    /// The key that a message to the registry should have, where it can be read.
    private static func registryKey(of message: Message) -> String {
        (try? RegistryMessage.decode(message)).map { Topology.registryKey($0.0, worker: $0.1.worker) } ?? "heartbeat.stranger"
    }

    func publication(_ message: Message, _ topology: Topology, type: TaskType, client: String) -> Publication {
        let (exchange, key) =
            switch self {
            case .submit: (topology.submit, type.name)
            case .results: (topology.results, type.name)
            case .work: (topology.work, type.name)
            case .registry: (topology.registry, Self.registryKey(of: message))
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
            case .submit:
                let submission = try Submission(message)
                try submission.type.check(routingKey: type.name)
                if let client = submission.client { try message.properties.check(owner: client, "reply-to") }
            case .results:
                let results = try Results(message)
                try results.type.check(routingKey: type.name)
                try message.properties.check(owner: results.worker, "app-id")
            case .work: return try Work(message).type != type
            case .registry: _ = try RegistryMessage.decode(message, routingKey: Self.registryKey(of: message))
            case .dispatcher, .nameservice: _ = try message.properties.answersTo()
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
