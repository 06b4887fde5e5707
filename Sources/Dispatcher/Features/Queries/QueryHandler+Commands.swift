import AMQP
import TaskGridCore
import TaskStore

/// Commands, read: a turn does them.
extension QueryHandler {
    /// The command that a message gives.
    ///
    /// - Parameter end: when the search for the tasks that a filter means stops.
    func command(_ message: Message, from replyTo: String, until end: ContinuousClock.Instant) async throws -> Order {
        switch message.properties.type {
        case CancelQuestion.name:
            let tasks = try Self.bounded(try JSON.decode(CancelQuestion.self, message.body).tasks, CancelQuestion.maximumTasks)
            return Order(kind: .cancel, tasks: tasks, question: message, asker: replyTo)
        case PauseQuestion.name:
            return try about(.pause, try JSON.decode(PauseQuestion.self, message.body).types, PauseQuestion.maximumTypes, message, replyTo)
        case ResumeQuestion.name:
            return try about(
                .resume, try JSON.decode(ResumeQuestion.self, message.body).types, PauseQuestion.maximumTypes, message, replyTo)
        case ForgetQuestion.name:
            return try about(
                .forget, try JSON.decode(ForgetQuestion.self, message.body).types, ForgetQuestion.maximumTypes, message, replyTo)
        default: return try await retry(message, replyTo, until: end)
        }
    }

    private func retry(_ message: Message, _ replyTo: String, until end: ContinuousClock.Instant) async throws -> Order {
        let question = try JSON.decode(RetryQuestion.self, message.body)
        switch (question.tasks, question.filter) {
        case (let tasks?, nil):
            let tasks = try Self.bounded(tasks, RetryQuestion.maximumTasks)
            return Order(kind: .retry, tasks: tasks, question: message, asker: replyTo)
        case (nil, var filter?):
            let state = filter.state ?? .failed
            guard state.isTerminal, state != .succeeded else {
                throw QuestionError(.badQuestion, "state: failed, cancelled or expired tasks can be done again, not \(state) ones")
            }
            filter.state = state
            let page = try await search(filter, before: question.before, limit: RetryQuestion.maximumTasks, until: end)
            return Order(kind: .retry, tasks: page.elements, next: page.next, question: message, asker: replyTo)
        default: throw QuestionError(.badQuestion, "either tasks or a filter says what to do again")
        }
    }

    /// A command about types.
    private func about(
        _ kind: Order.Kind, _ types: [TaskType], _ maximum: Int, _ message: Message, _ replyTo: String
    ) throws(QuestionError) -> Order {
        guard types.count <= maximum else { throw QuestionError(.badQuestion, "types: at most \(maximum)") }
        return Order(kind: kind, tasks: [], types: types, question: message, asker: replyTo)
    }

    /// The tasks, each once.
    private static func bounded(_ tasks: [TaskID], _ maximum: Int) throws(QuestionError) -> [TaskID] {
        guard tasks.count <= maximum else { throw QuestionError(.badQuestion, "tasks: at most \(maximum)") }
        var seen: Set<TaskID> = []
        return tasks.filter { seen.insert($0).inserted }
    }
}
