import AMQP
import Foundation
import NIOCore
import Synchronization
import TaskGridCore
import Testing

@testable import Monitor

@Suite struct GridStateTests {
    let grid = GridState(topology: Topology(prefix: "t"), now: { .start })

    private func take(_ message: Message, _ exchange: String, _ key: String) throws(WireError) {
        try grid.apply(message, exchange: exchange, key: key)
    }

    @Test func `each kind of message is read`() throws {
        try take(.event(TypeEvent.sample([.pending: 2])), "t.events", "task.reverse")
        try take(.event(WorkerEvent(kind: .joined, at: .start, worker: .sample("a"))), "t.events", "worker.joined")
        try take(.event(GridEvent(kind: .started, service: "dispatcher", at: .start, message: "m")), "t.events", "grid.started")
        try take(RegistryMessage.sample("b").message(.heartbeat).by("b"), "t.registry", "heartbeat.b")
        #expect(grid.statistics.states.pending == 2)
        #expect(grid.statistics.workers.keys.sorted() == ["a", "b"])
        #expect(grid.statistics.gridEvents.count == 1)
    }

    @Test(arguments: [
        ("task.reverse", "no json"), ("task.reverse", "{}"), ("worker.joined", "[]"), ("grid.error", "{\"kind\":\"odd\"}"),
        ("other.thing", "{}"), ("", "{}"),
    ])
    func `unreadable messages are refused`(key: String, body: String) {
        #expect(throws: WireError.self) { try take(Message(body: Data(body.utf8)), "t.events", key) }
        #expect(grid.statistics.types.isEmpty && grid.statistics.workers.isEmpty && grid.statistics.gridEvents.isEmpty)
    }

    @Test func `numbers that would overflow are refused or capped`() throws {
        #expect(throws: WireError.self) { try take(.event(TypeEvent.sample([.pending: 1 << 50])), "t.events", "task.reverse") }
        #expect(throws: WireError.self) { try take(.event(TypeEvent.sample([.pending: -1])), "t.events", "task.reverse") }
        #expect(throws: WireError.self) { try take(.event(TypeEvent.sample(run: [(1, .max)])), "t.events", "task.reverse") }
        #expect(throws: WireError.self) { try take(.event(TypeEvent.sample(retried: -1)), "t.events", "task.reverse") }
        let worker = RegistryMessage.sample("a", interval: .max)
        try take(.event(WorkerEvent(kind: .joined, at: .start, worker: worker)), "t.events", "worker.joined")
        #expect(grid.statistics.workers["a"]?.worker.lease == .seconds(180))
    }

    @Test func `how many workers there are is unknown until one is heard, and while the broker is away`() throws {
        let time = Mutex(Timestamp.start)
        let grid = GridState(topology: Topology(prefix: "t"), now: { time.withLock { $0 } })
        func look(_ state: ConnectionReading.State, at second: Double) -> Int? {
            time.withLock { $0 = .after(second) }
            grid.updateAlerts(connections: [ConnectionReading(name: "c", state: state, since: .now, wasConnected: true)])
            let now = grid.now()
            let (report, live) = (StatisticsReport(grid.current, at: now), LiveReport(grid.current, at: now))
            let all = report.head.all.activeWorkers
            #expect(report.types[.reverse]?.work.activeWorkers == all && live.types.first?.row.activeWorkers == all)
            #expect(live.head.statistics.all.activeWorkers == all && WorkersReport(grid.current, at: now).active == all)
            let metrics = String(buffer: GridMetrics.text(grid.current, queues: nil, listeners: 0, at: now))
            #expect(metrics.contains("taskgrid_workers{") == (all != nil))
            return all
        }
        func beat() throws {
            try grid.hear(.heartbeat, RegistryMessage.sample("a"))
        }
        try grid.apply(.event(TypeEvent.sample([.pending: 2])), exchange: "t.events", key: "task.reverse")
        #expect(look(.connected, at: 0) == nil)
        try beat()
        #expect(look(.connected, at: 1) == 1)
        // Its lease of three seconds ends.
        #expect(look(.connected, at: 5) == 0)
        #expect(look(.unconnected, at: 6) == nil && look(.blocked, at: 7) == nil)
        // It is back, and workers have ten seconds to be heard.
        #expect(look(.connected, at: 8) == nil)
        time.withLock { $0 = .after(17) }
        try beat()
        #expect(look(.connected, at: 17) == nil && look(.connected, at: 18) == 1)
    }

    @Test func `a nameservice that knows no worker says that there is none`() {
        var statistics = Statistics(since: .start)
        statistics.apply(WorkersQuery.Answer(workers: [], next: "a"), at: .start)
        #expect(GridState.Snapshot(statistics: statistics).activeWorkers(at: .start)?.all == nil)
        statistics.apply(WorkersQuery.Answer(workers: []), at: .start)
        #expect(GridState.Snapshot(statistics: statistics).activeWorkers(at: .start)?.all == 0)
    }

    @Test func `an unreadable registry message is left to the nameservice`() throws {
        try take(Message(body: Data("no json".utf8)), "t.registry", "heartbeat.reverse")
        #expect(grid.statistics.workers.isEmpty)
    }

    @Test func `answers of the services are read`() throws {
        let counts = CountsQuery.Answer(store: "s", types: [.reverse: TaskCounts([.pending: 3])])
        try grid.applyAnswer(AnswerMessage.message(.success(counts), to: CountsQuery().message(from: "m", correlation: "1")))
        let workers = WorkersQuery.Answer(workers: [LiveWorker(worker: .sample("a"), lastSeen: .start)])
        try grid.applyAnswer(AnswerMessage.message(.success(workers), to: WorkersQuery().message(from: "m", correlation: "2")))
        #expect(grid.statistics.states.pending == 3)
        #expect(grid.statistics.workers.keys.sorted() == ["a"])
    }

    @Test func `an answer that is not all gives the query to go on with, and the types are known only after the last answer`() throws {
        func take<Asked: Query>(_ query: Asked, _ answer: Asked.Answer) throws -> (any Query)? {
            try grid.applyAnswer(AnswerMessage.message(.success(answer), to: query.message(from: "m", correlation: Asked.name)))
        }
        let first = CountsQuery.Answer(store: "s", types: [.reverse: TaskCounts([.succeeded: 100])], next: .reverse)
        let next = try take(CountsQuery(), first)
        #expect(next as? CountsQuery == CountsQuery(after: .reverse))
        let second = CountsQuery.Answer(store: "s", types: [TaskType(literal: "sum"): TaskCounts([.succeeded: 100])])
        let isLast = try take(CountsQuery(after: .reverse), second) == nil
        #expect(isLast)
        // The monitor has not seen the tasks that ended before it began.
        #expect(grid.statistics.states.succeeded == 200 && grid.statistics.seen == Counters())
        let workers = WorkersQuery.Answer(workers: [LiveWorker(worker: .sample("a"), lastSeen: .start)], next: "a")
        let further = try take(WorkersQuery(), workers)
        #expect(further as? WorkersQuery == WorkersQuery(after: "a"))
    }

    @Test func `unusable answers are refused`() {
        let query = CountsQuery().message(from: "m", correlation: "1")
        let refusal = Result<CountsQuery.Answer, QueryError>.failure(QueryError(.unavailable, "no"))
        #expect(throws: QueryError(.unavailable, "no")) { try grid.applyAnswer(AnswerMessage.message(refusal, to: query)) }
        var odd = query
        odd.properties.type = "odd"
        #expect(throws: WireError.self) { try grid.applyAnswer(odd) }
        let counts = CountsQuery.Answer(store: "s", types: [.reverse: TaskCounts([.pending: 1 << 50])])
        #expect(throws: WireError.self) { try grid.applyAnswer(AnswerMessage.message(.success(counts), to: query)) }
    }
}
