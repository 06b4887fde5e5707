import AMQP
import Synchronization
import TaskGridCore
import TestSupport

@testable import Monitor

/// A dispatcher that answers as the test says, as soon as it is asked.
final class PlayedDispatcher: Sendable {
    typealias Answering = @Sendable (Message) -> Message?

    private let queries = Mutex<[Message]>([])
    private let queryClient = Mutex<MonitorQueries?>(nil)
    private let answering: Answering

    /// - Parameter answering: the answer to a query; nil: none comes.
    init(_ answering: @escaping Answering) {
        self.answering = answering
    }

    /// Asks it. The time of an answer never passes, unless `sleep` says otherwise.
    func query(
        sleep: @escaping @Sendable (ContinuousClock.Instant) async throws -> Void = { _ in try await Latch().wait() }
    ) -> MonitorQueries {
        let made = MonitorQueries(
            QueryClient(id: "m", topology: Topology(prefix: "t"), maximum: MonitorQueries.maximum, sleep: sleep) {
                publication, _ throws(AMQPError) in
                self.queries.withLock { $0.append(publication.message) }
                if let answer = self.answering(publication.message) { _ = self.queryClient.withLock { $0 }?.accept(answer) }
                return .confirmed
            }
        )
        queryClient.withLock { $0 = made }
        return made
    }

    /// The queries of a kind that it was asked, in their order.
    func asked<Asked: Query>(_ type: Asked.Type) throws -> [Asked] {
        try queries.withLock { $0 }.filter { $0.properties.type == Asked.name }.map { try JSON.decode(type, $0.body) }
    }
}

extension Message {
    func answered(_ answer: some Encodable) -> Message { AnswerMessage.message(.success(answer), to: self) }

    func refused(_ code: QueryError.Code, _ text: String) -> Message {
        AnswerMessage.message(Result<CountsQuery.Answer, QueryError>.failure(QueryError(code, text)), to: self)
    }
}
