import AMQP
import Synchronization
import TestSupport
import Testing

@testable import TaskGridCore

@Suite("A client of queries", .timeLimit(.minutes(1)))
struct QueryClientTests {
    private func client(
        maximum: Int = 10, sleep: @escaping @Sendable (ContinuousClock.Instant) async throws -> Void = { _ in try await Latch().wait() },
        publish: @escaping QueryClient.Publish
    ) -> QueryClient {
        QueryClient(id: "c", topology: Topology(prefix: "t"), maximum: maximum, sleep: sleep, publish: publish)
    }

    private func failure(_ client: QueryClient) async -> QueryFailure? {
        do throws(QueryFailure) {
            _ = try await client.ask(LimitsQuery(), within: .seconds(5))
            return nil
        } catch {
            return error
        }
    }

    @Test func `a query names whom to answer, what it comes back by, and how long its client waits`() async throws {
        let seen = Mutex<(Publication, Duration)?>(nil)
        let client = client { query, time throws(AMQPError) in
            seen.withLock { $0 = (query, time) }
            return .returned(code: 312, text: "NO_ROUTE")
        }
        #expect(await failure(client) == .notTaken(.returned(code: 312, text: "NO_ROUTE")))
        let (query, time) = try #require(seen.withLock { $0 })
        try query.check()
        #expect(query.exchange == "t.rpc" && query.routingKey == "dispatcher" && query.isMandatory)
        #expect(query.message.properties.replyTo == "c" && query.message.properties.expiration == .seconds(5))
        // A query that was never published fails as such, and not by silence.
        #expect(time < .seconds(5))
    }

    @Test func `a close ends the queries that wait, and every later one`() async {
        let asked = Journal<Void>()
        let client = client { _, _ throws(AMQPError) in
            asked.add(())
            return .confirmed
        }
        async let waiting = failure(client)
        try? await asked.wait(beyond: 0)
        client.close()
        #expect(await waiting == .closed)
        #expect(await failure(client) == .closed)
    }

    @Test func `a query whose task is cancelled is given up, and leaves room for another`() async {
        let asked = Journal<Void>()
        let client = client(maximum: 1) { _, _ throws(AMQPError) in
            asked.add(())
            return .confirmed
        }
        let task = Task { await failure(client) }
        try? await asked.wait(beyond: 0)
        #expect(await failure(client) == .tooMany(1))
        task.cancel()
        #expect(await task.value == .cancelled)
        let silent = self.client(maximum: 1, sleep: { _ in }, publish: { _, _ throws(AMQPError) in .confirmed })
        #expect(await failure(silent) == .silence(.seconds(5)))
        #expect(await failure(silent) == .silence(.seconds(5)))
    }

    @Test func `an answer that comes too late is dropped, and one to another query is not taken`() async {
        let client = client { _, _ throws(AMQPError) in throw AMQPError(.unreachable, "nobody there") }
        #expect(await failure(client) == .notPublished(AMQPError(.unreachable, "nobody there")))
        #expect(client.accept(Message(properties: BasicProperties(correlationID: "query-1"))))
        #expect(!client.accept(Message(properties: BasicProperties(correlationID: "7"))))
        #expect(!client.accept(Message()))
    }
}
