import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("Messages that the broker refuses, and results that cannot be read")
struct RefusedTests {
    @Test func `an answer that is larger than the broker takes is replaced by an error`() throws {
        let topology = Topology()
        let query = Message(properties: BasicProperties(correlationID: "7", replyTo: "c", type: "tasks"))
        let answer = AnswerMessage.message(.success([String(repeating: "x", count: 1000)]), to: query)
        let smaller = try #require(Publication.answer(answer, to: "c", topology).smaller(than: 500, topology))
        #expect(smaller.routingKey == "c")
        #expect(smaller.message.properties.correlationID == "7")
        let error = #expect(throws: QueryError.self) { try AnswerMessage.read([String].self, smaller.message) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("the broker takes 500 at most") == true)
        #expect(smaller.smaller(than: 10, topology) == nil)
    }

    @Test func `endings that are told together travel in replies of a bounded size`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit((0..<6).map(String.init))
        let ids = await harness.scheduler.handedOut
        #expect(ids.count == 6)
        let items = ids.map { Results.Item(id: $0, attempt: 1, outcome: .succeeded(Data(count: 700_000))) }
        let results = Results(form: .batch, type: .reverse, store: harness.store.identity, worker: "w1", items: items)
        let out = await harness.turn { $0.arrivals = [harness.delivery(results)] }
        #expect(try out.endings().map(\.id).sorted() == ids)
        let replies = out.publications.filter { $0.exchange == harness.topology.reply.name }
        #expect(replies.count == 6 && replies.allSatisfy { $0.message.body.count < 1 << 20 })
    }

    @Test func `a result that can never be read fails its attempt`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["a"]) { $0.maxAttempts = 1 }
        let id = try #require(await harness.firstHanded())
        let result = Results(
            form: .single, type: .reverse, store: harness.store.identity, worker: "w1",
            items: [.init(id: id, attempt: 1, outcome: .succeeded(Data(count: WireFormat.maximumBodySize + 1)))]
        )
        let out = await harness.turn { $0.arrivals = [harness.delivery(result)] }
        let ending = try #require(try out.endings().first)
        #expect(ending.state == .failed)
        #expect(ending.error?.code == .resultTooLarge)
        let dead = try #require(out.dead().first?.message)
        #expect(dead.body.count == WireFormat.maximumDeadBodySize)
        #expect(dead.properties.headers[WireFormat.Header.size]?.integer == Int64(WireFormat.maximumBodySize + 1))
    }

    @Test func `a result with an unknown status fails its attempt, and the task is retried`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["a"])
        let id = try #require(await harness.firstHanded())
        var message = Results(
            form: .single, type: .reverse, store: harness.store.identity, worker: "w1",
            items: [.init(id: id, attempt: 1, outcome: .succeeded(Data()))]
        ).proven(by: harness.store.proofKey).message(isPersistent: false)
        message.properties.headers[WireFormat.Header.status] = "done"
        var again = try await harness.turn { $0.arrivals = [harness.delivery(message, from: harness.topology.resultsQueue)] }.items()
        while again.isEmpty { again = try await harness.tick().items() }
        #expect(again.map(\.attempt) == [2])
    }
}

extension SchedulerHarness {
    fileprivate func firstHanded() async -> TaskID? {
        await scheduler.handed
    }
}

extension Scheduler {
    fileprivate var handed: TaskID? { typeQueues[.reverse]?.handed.keys.first }
    fileprivate var handedOut: [TaskID] { typeQueues[.reverse]?.handed.keys.sorted() ?? [] }
}
