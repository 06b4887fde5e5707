import AMQP
import Foundation
import TaskGridCore
import TestSupport
import Testing

@testable import TaskGridClient

@Suite("Answers that come in several parts", .timeLimit(.minutes(1))) struct PagesTests {
    private func record(_ id: TaskID, payload: Data = Data("abc"), result: Data? = nil) -> TaskRecord {
        TaskRecord(
            id: id, type: .reverse, payload: payload, result: result, status: result == nil ? .pending : .succeeded, created: .now(),
            settings: TaskSettings(maxAttempts: 3), key: "k")
    }

    /// Answers the queries of a client as `body` says, until the task is cancelled.
    private func answer(_ transport: FakeTransport, _ body: (Message) throws -> Message?) async throws {
        while let publication = await transport.publication() {
            guard publication.exchange == "test.rpc" else { continue }
            if let answer = try body(publication.message) { transport.deliver(answer) }
        }
    }

    @Test func `a query says when its caller gives up`() async throws {
        let transport = FakeTransport()
        try await GridClient.onFake(transport) { client in
            async let counts = failure { _ = try await client.counts() }
            let query = try #require(await transport.publication())
            #expect(query.message.properties.expiration == .seconds(5))
            transport.deliver(AnswerMessage.message(.success(CountsQuery.Answer(store: "s", types: [:])), to: query.message))
            #expect(await counts == nil)
        }
    }

    @Test func `a payload that is too large for an answer is read whole, part after part`() async throws {
        let payload = Data((0..<1000).map { UInt8(truncatingIfNeeded: $0) })
        let transport = FakeTransport()
        try await GridClient.onFake(transport) { client in
            async let status = client.status(7)
            async let answering: Void = answer(transport) { query in
                guard query.properties.type == ContentQuery.name else {
                    var cut = record(7, payload: payload)
                    cut.keep(payload: 100, result: 0)
                    return AnswerMessage.message(.success(cut), to: query)
                }
                let asked = try JSON.decode(ContentQuery.self, query.body)
                let part = payload.dropFirst(asked.from).prefix(300)
                return AnswerMessage.message(.success(ContentQuery.Answer(bytes: Data(part), size: payload.count)), to: query)
            }
            let task = try await status
            #expect(task.payload == payload && !task.isCut)
            await client.close()
            try await answering
        }
    }

    @Test func `a task that changes while it is read is told so, and nothing is put together from two`() async throws {
        let transport = FakeTransport()
        try await GridClient.onFake(transport) { client in
            async let error = failure { _ = try await client.status(7) }
            async let answering: Void = answer(transport) { query in
                guard query.properties.type == ContentQuery.name else {
                    var cut = record(7, payload: Data(repeating: 1, count: 500))
                    cut.keep(payload: 100, result: 0)
                    return AnswerMessage.message(.success(cut), to: query)
                }
                return AnswerMessage.message(.success(ContentQuery.Answer(bytes: Data(repeating: 2, count: 9), size: 400)), to: query)
            }
            #expect(await error?.code == .badAnswer)
            await client.close()
            try await answering
        }
    }

    @Test func `endings of which an answer looked at only some are asked for until all were looked at, with results whole`() async throws {
        let transport = FakeTransport()
        let result = Data(repeating: 0xFF, count: 500)
        try await GridClient.onFake(transport) { client in
            let ids = (1...6).map { TaskID($0) }
            async let answering: Void = answer(transport) { query in
                guard query.properties.type == EndingsQuery.name else {
                    let asked = try JSON.decode(ContentQuery.self, query.body)
                    #expect(asked.part == .result)
                    return AnswerMessage.message(
                        .success(ContentQuery.Answer(bytes: result.dropFirst(asked.from), size: result.count)), to: query)
                }
                let asked = try JSON.decode(EndingsQuery.self, query.body).tasks
                var ended = asked.prefix(2).map { record($0, result: result) }
                for index in ended.indices { ended[index].keep(payload: 0, result: 100) }
                let answer = EndingsQuery.Answer(ended: ended, unknown: [], lookedAt: asked.count > 2 ? 2 : nil)
                return AnswerMessage.message(.success(answer), to: query)
            }
            var endings: [Ending] = []
            for try await ending in client.endings(of: ids) { endings.append(ending) }
            #expect(Set(endings.map(\.id)) == Set(ids) && endings.allSatisfy { $0.result == result })
            await client.close()
            try await answering
        }
    }

    @Test func `workers and counters come in pages, and a page that was lost is asked for again`() async throws {
        let transport = FakeTransport()
        let time = TestTime()
        try await GridClient.onFake(transport, time: time) { client in
            async let counts = client.allCounts()
            let first = try #require(await transport.publication())
            let reverse = CountsQuery.Answer(store: "s", types: [.hash: TaskCounts()], paused: [.hash], breakers: [:], next: .hash)
            transport.deliver(AnswerMessage.message(.success(reverse), to: first.message))
            let dropped = try #require(await transport.publication())
            #expect(try JSON.decode(CountsQuery.self, dropped.message.body).after == .hash)
            // No answer comes in its time.
            time.advance(by: .seconds(6))
            client.lookAtTime()
            let again = try #require(await transport.publication())
            #expect(again.message.body == dropped.message.body)
            let rest = CountsQuery.Answer(store: "s", types: [.reverse: TaskCounts()], paused: [], breakers: [.reverse: .open])
            transport.deliver(AnswerMessage.message(.success(rest), to: again.message))
            let all = try await counts
            #expect(Set(all.types.keys) == [.hash, .reverse] && all.paused == [.hash] && all.breakers == [.reverse: .open])
        }
    }
}
