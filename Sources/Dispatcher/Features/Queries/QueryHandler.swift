import AMQP
import Foundation
import Logging
import TaskGridCore
import TaskStore

/// Answers what the dispatcher is asked. It reads the store and encodes on the pool, and asks the scheduler only for what no
/// one else knows.
struct QueryHandler: Sendable {
    let store: any TaskStore
    let scheduler: Scheduler
    let logger: Logger

    /// How long one answer searches at most: then it says where to go on, and another asker has its turn.
    static let slice = Duration.milliseconds(500)

    /// Who answers a question.
    enum Kind {
        /// Turns do it: tasks or types are named, so nothing has to be looked for.
        case command
        /// The tasks it means are looked for first.
        case search
        /// It is read in one step or few.
        case lookup
    }

    static func kind(of question: Message) -> Kind {
        switch question.properties.type {
        case CancelQuestion.name, PauseQuestion.name, ResumeQuestion.name, ForgetQuestion.name: .command
        // With a filter it is a search; this is cheap to tell and need not be exact.
        case RetryQuestion.name: (try? JSON.decode(RetryQuestion.self, question.body))?.filter == nil ? .command : .search
        case TasksQuestion.name, MatchesQuestion.name: .search
        default: .lookup
        }
    }

    /// The answer to a question that is no command.
    ///
    /// - Parameter deadline: when its asker gives up; a search ends well before.
    func answer(_ question: Message, until deadline: ContinuousClock.Instant) async -> Message {
        let budget = AnswerBudget(of: question)
        let now = ContinuousClock.now
        let end = now + min(Self.slice, now.duration(to: deadline) / 2)
        return switch question.properties.type {
        case TaskQuestion.name: await answer(question, as: TaskQuestion.self) { try await task($0, budget) }
        case ContentQuestion.name: await answer(question, as: ContentQuestion.self) { try await content($0, budget) }
        case TasksQuestion.name: await answer(question, as: TasksQuestion.self) { try await tasks($0, budget, until: end) }
        case MatchesQuestion.name: await answer(question, as: MatchesQuestion.self) { try await matches($0, until: end) }
        case EndingsQuestion.name: await answer(question, as: EndingsQuestion.self) { try await endings($0, budget, until: end) }
        case CountsQuestion.name: await answer(question, as: CountsQuestion.self) { await scheduler.counts($0, budget) }
        case LimitsQuestion.name: await answer(question, as: LimitsQuestion.self) { _ in await scheduler.limits() }
        default:
            AnswerMessage.refusal(
                QuestionError(
                    .badQuestion,
                    "'\(question.properties.type?.prefix(40) ?? "")' is no question; ask \(Self.questions.joined(separator: ", "))"
                ), to: question
            )
        }
    }

    private static let questions = [
        TaskQuestion.name, ContentQuestion.name, TasksQuestion.name, MatchesQuestion.name, EndingsQuestion.name, CountsQuestion.name,
        LimitsQuestion.name, CancelQuestion.name, RetryQuestion.name, PauseQuestion.name, ResumeQuestion.name, ForgetQuestion.name,
    ]

    private func answer<Asked: Question>(
        _ message: Message, as type: Asked.Type, _ body: (Asked) async throws -> Asked.Answer
    ) async -> Message {
        do {
            return AnswerMessage.message(.success(try await body(try JSON.decode(type, message.body))), to: message)
        } catch {
            return refusal(error, to: message)
        }
    }

    /// What is answered where a question or a command fails.
    func refusal(_ error: any Error, to question: Message) -> Message {
        switch error {
        case let error as QuestionError: return AnswerMessage.refusal(error, to: question)
        case let error as WireError: return AnswerMessage.refusal(QuestionError(.badQuestion, "\(error)"), to: question)
        default:
            logger.error("question not answered", metadata: ["rpc.question": "\(question.properties.type ?? "")", "error": "\(error)"])
            return AnswerMessage.refusal(QuestionError(.unavailable, "\(error)"), to: question)
        }
    }
}
