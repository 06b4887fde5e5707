import AMQP
import Dispatcher
import Foundation
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("Answers to queries", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(4))) struct QueryAnswerTests {
    private let type = TaskType(literal: "echo")

    @Test func `four tasks of 4 MiB of NULs are listed page by page, and each result comes whole`() async throws {
        try await Grid.run(configuration: DispatcherConfiguration(maximumPayload: 5 << 20)) { grid in
            let runs = Journal<RecordedRun>()
            _ = try await grid.startWorkers([runs.worker(type)], concurrency: 1)
            let payload = Data(count: 4 << 20)
            let ids = try await grid.client.submit(type, payloads: Array(repeating: payload, count: 4))
            for id in ids { #expect(try await grid.client.outcome(of: id, within: .seconds(120)).result == payload) }
            var (listed, next, pages): ([TaskRecord], TaskID?, Int) = ([], nil, 0)
            repeat {
                let page = try await grid.client.page(matching: TaskFilter(), before: next, limit: 50)
                #expect(JSON.encode(page).count <= AnswerBudget.standard.bytes)
                listed += page.tasks
                next = page.next
                pages += 1
            } while next != nil
            #expect(listed.map(\.id) == ids.sorted(by: >) && pages >= 4)
            #expect(listed.allSatisfy { $0.payloadSize == payload.count && $0.resultSize == payload.count })
            let whole = try await grid.client.status(ids[0])
            #expect(whole.payload == payload && whole.result == payload && !whole.isCut)
            #expect(try await grid.client.result(ids[3])?.result == payload)
        }
    }

    @Test func `forty small queries with another client's reply-to put 1 MiB each into its queue, at most`() async throws {
        try await Grid.run(configuration: DispatcherConfiguration(maximumPayload: 5 << 20)) { grid in
            let runs = Journal<RecordedRun>()
            _ = try await grid.startWorkers([runs.worker(type)])
            let later = TaskOptions(TaskSettings(delay: .seconds(3600)))
            _ = try await grid.client.submit(
                type, payloads: Array(repeating: Data(repeating: 0x61, count: 1 << 20), count: 12), options: later)
            let victim = PlainClient(grid)
            try await victim.run { replies in
                for number in 0..<40 {
                    var query = TasksQuery().message(from: victim.id, correlation: "\(number)")
                    query.body = Data(#"{"limit":1000}"#.utf8)
                    try await grid.probe.say(grid.topology.rpc, Topology.Service.dispatcher.rawValue, query)
                }
                try await replies.wait(beyond: 39)
                #expect(replies.entries.allSatisfy { $0.body.count <= AnswerBudget.standard.bytes })
                // The dispatcher answers others meanwhile, and after.
                #expect(try await grid.counters(type).scheduled == 12)
            }
        }
    }
}
