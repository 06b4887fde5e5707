import AMQP
import HTTPTypes
import Synchronization
import TaskGridCore
import TestSupport
import Testing
import WebSupport

@testable import Monitor

@Suite("The monitor's queries to the dispatcher", .timeLimit(.minutes(1))) struct MonitorQueriesTests {
    private let counts = CountsQuery.Answer(store: "s", types: [:])

    private func queries(_ publish: @escaping QueryClient.Publish) -> MonitorQueries {
        MonitorQueries(QueryClient(id: "m", topology: Topology(prefix: "t"), maximum: MonitorQueries.maximum, publish: publish))
    }

    private func problem(_ body: () async throws -> Void) async throws -> Problem {
        try #require(await #expect(throws: Problem.self) { try await body() })
    }

    @Test func `an answer reaches its query, even before the broker has confirmed the query`() async throws {
        let dispatcher = PlayedDispatcher { $0.answered(CountsQuery.Answer(store: $0.properties.correlationID ?? "", types: [:])) }
        let queryClient = dispatcher.query()
        let stores = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<MonitorQueries.maximum { group.addTask { try await queryClient.ask(CountsQuery()).store } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(stores.count == MonitorQueries.maximum)
    }

    @Test func `a query carries what it comes back by`() async throws {
        let seen = Mutex<[Publication]>([])
        let queryClient = queries { publication, _ throws(AMQPError) in
            seen.withLock { $0.append(publication) }
            return .returned(code: 312, text: "NO_ROUTE")
        }
        let problem = try await problem { _ = try await queryClient.ask(CountsQuery()) }
        #expect(problem.status == .serviceUnavailable && problem.detail.contains("no dispatcher has ever run"))
        let publication = try #require(seen.withLock { $0.first })
        try publication.check()
        #expect(publication.exchange == "t.rpc" && publication.routingKey == "dispatcher" && publication.isMandatory)
        #expect(publication.message.properties.replyTo == "m")
        // The dispatcher answers nobody who has given up.
        #expect(publication.message.properties.expiration == MonitorQueries.deadline)
    }

    @Test func `a query without an answer fails after its time, and makes room for another`() async throws {
        let queryClient = PlayedDispatcher { _ in nil }.query(sleep: { _ in })
        for _ in 0..<2 * MonitorQueries.maximum {
            let problem = try await problem { _ = try await queryClient.ask(CountsQuery()) }
            #expect(problem.status == .gatewayTimeout && problem.detail.contains("within 5 s"))
        }
    }

    @Test func `one query too many is refused with the time to retry, and a cancelled one makes room for another`() async throws {
        let asked = Journal<String>()
        let answers = Mutex(false)
        let dispatcher = PlayedDispatcher { query in
            asked.add(query.properties.correlationID ?? "")
            return answers.withLock { $0 } ? query.answered(CountsQuery.Answer(store: "s", types: [:])) : nil
        }
        let queryClient = dispatcher.query()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<MonitorQueries.maximum { group.addTask { _ = try? await queryClient.ask(CountsQuery()) } }
            try await asked.wait(beyond: MonitorQueries.maximum - 1)
            let problem = try await problem { _ = try await queryClient.ask(CountsQuery()) }
            #expect(problem.status == .serviceUnavailable && problem.retryAfter == .seconds(1))
            // They go away, as a browser does.
            group.cancelAll()
        }
        answers.withLock { $0 = true }
        #expect(try await queryClient.ask(CountsQuery()) == counts)
    }

    @Test(.timeLimit(.minutes(1))) func `one search too many is refused, and other queries are not`() async throws {
        let queryClient = PlayedDispatcher { $0.answered(CountsQuery.Answer(store: "s", types: [:])) }.query()
        let (begun, gate) = (Journal<Int>(), Latch())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<MonitorQueries.maximumSearches {
                group.addTask {
                    try await queryClient.search {
                        begun.add(number)
                        try await gate.wait()
                    }
                }
            }
            try await begun.wait(beyond: MonitorQueries.maximumSearches - 1)
            let problem = try await problem { try await queryClient.search {} }
            #expect(problem.status == .serviceUnavailable && problem.retryAfter == .seconds(1))
            #expect(try await queryClient.ask(CountsQuery()) == counts)
            gate.open()
            try await group.waitForAll()
        }
        try await queryClient.search {}
    }

    @Test func `a refusal of the dispatcher and an unreachable broker are problems of their own`() async throws {
        for (code, status) in [
            (QueryError.Code.notFound, HTTPResponse.Status.notFound), (.badQuery, .badRequest), (.unavailable, .serviceUnavailable),
        ] {
            let queryClient = PlayedDispatcher { $0.refused(code, "because") }.query()
            let problem = try await problem { _ = try await queryClient.ask(CountsQuery()) }
            #expect(problem.status == status && problem.detail.contains("because"))
        }
        let away = queries { _, _ throws(AMQPError) in
            throw AMQPError(.unreachable, "nobody there")
        }
        let problem = try await problem { _ = try await away.ask(CountsQuery()) }
        #expect(problem.status == .serviceUnavailable && problem.detail.contains("nobody there"))
        #expect(problem.retryAfter == .seconds(5))
        let full = queries { _, _ throws(AMQPError) in .nacked }
        #expect(try await self.problem { _ = try await full.ask(CountsQuery()) }.status == .serviceUnavailable)
    }

    @Test func `an answer that comes too late is dropped, and one to another query is not taken`() async throws {
        let queryClient = PlayedDispatcher { _ in nil }.query()
        func message(_ correlation: String?) -> Message { Message(properties: BasicProperties(correlationID: correlation, type: "counts")) }
        #expect(queryClient.accept(message("query-77")))
        #expect(!queryClient.accept(message("counts")))
        #expect(!queryClient.accept(message(nil)))
    }
}
