import AMQP
import Synchronization
import TaskGridCore
import TestSupport

@testable import Monitor

/// A dispatcher that answers as the test says, as soon as it is asked.
final class PlayedDispatcher: Sendable {
    typealias Answering = @Sendable (Message) -> Message?

    private let questions = Mutex<[Message]>([])
    private let enquiries = Mutex<Enquiries?>(nil)
    private let answering: Answering

    /// - Parameter answering: the answer to a question; nil: none comes.
    init(_ answering: @escaping Answering) {
        self.answering = answering
    }

    /// What asks it. The time of an answer never passes, unless `sleep` says otherwise.
    func enquire(
        sleep: @escaping @Sendable (Duration) async throws -> Void = { _ in try await Latch().wait() }
    ) -> Enquiries {
        let made = Enquiries(id: "m", topology: Topology(prefix: "t"), sleep: sleep) { publication throws(AMQPError) in
            self.questions.withLock { $0.append(publication.message) }
            if let answer = self.answering(publication.message) { _ = self.enquiries.withLock { $0 }?.take(answer) }
            return .confirmed
        }
        enquiries.withLock { $0 = made }
        return made
    }

    /// The questions of a kind that it was asked, in their order.
    func asked<Asked: Question>(_ type: Asked.Type) throws -> [Asked] {
        try questions.withLock { $0 }.filter { $0.properties.type == Asked.name }.map { try JSON.decode(type, $0.body) }
    }
}

extension Message {
    func answered(_ answer: some Encodable) -> Message { AnswerMessage.message(.success(answer), to: self) }

    func refused(_ code: QuestionError.Code, _ text: String) -> Message {
        AnswerMessage.message(Result<CountsQuestion.Answer, QuestionError>.failure(QuestionError(code, text)), to: self)
    }
}
