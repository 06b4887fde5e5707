import AMQP
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import ServiceSupport
import Synchronization
import TaskGridCore
import TestSupport
import Testing
import WebSupport

@testable import Monitor

@Suite struct RoutesTests {
    private let grid = GridState(topology: Topology(prefix: "t"), now: { .after(100) })

    /// A grid with one type of work done, two workers, and one that left.
    private func fill() throws {
        let topology = grid.topology
        for id in ["a", "b", "c"] {
            let types: [TaskType] = id == "b" ? [.reverse, .hash] : [.reverse]
            try grid.hear(.register, RegistryMessage.sample(id, types: types))
        }
        try grid.hear(.deregister, RegistryMessage.sample("c"))
        let event = TypeEvent.sample(
            [.pending: 1, .scheduled: 2, .queued: 3, .running: 4, .succeeded: 60, .failed: 6],
            workers: [WorkerTally(worker: "a", succeeded: 60, runTimes: [LatencyCount(microseconds: 2500, count: 60)])],
            run: [(2000, 99), (50_000, 1)], total: [(9000, 100)], retried: 2, refused: 3
        )
        try grid.apply(.event(event), exchange: topology.events.name, key: "task.reverse")
        let error = GridEvent(kind: .error, service: "dispatcher", at: .start, message: "disk is full")
        try grid.apply(.event(error), exchange: topology.events.name, key: "grid.error")
    }

    private func application(
        health: Vitals = Vitals(),
        depth: @escaping @Sendable (String) async throws(AMQPError) -> QueueDepth = { _ in QueueDepth(messages: 3, consumers: 1) }
    ) async throws -> some ApplicationProtocol {
        try await MonitorRoutes.sample(grid, health: health, depth: depth).application
    }

    private func get(
        _ uri: String, from application: some ApplicationProtocol, _ method: HTTPRequest.Method = .get
    ) async throws -> TestResponse {
        try await application.test(.router) { try await $0.execute(uri: uri, method: method) }
    }

    private func json(_ response: TestResponse) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(response.body.readableBytesView)) as? [String: Any])
    }

    // MARK: /stats

    @Test func `stats has the totals of the grid`() async throws {
        try fill()
        let response = try await get("/stats", from: try await application())
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "application/json")
        let stats = try json(response)
        #expect(stats["active_workers"] as? Int == 2)
        #expect(stats["pending_tasks"] as? Int == 6)
        #expect(stats["retried_attempts"] as? Int == 2)
        #expect(stats["refused_results"] as? Int == 3)
        // The monitor began this moment: a second is the least it reckons with.
        #expect(stats["throughput_per_second"] as? Double == 60)
        #expect(stats["uptime_seconds"] as? Double == 0)
        #expect(stats["since"] as? String == Timestamp.after(100).description)
        #expect(stats["store"] as? String == "s")
        #expect(stats["ignored_messages"] as? Int == 0)
        let tasks = try #require(stats["tasks"] as? [String: Int])
        #expect(
            tasks == [
                "submitted": 76, "pending": 1, "scheduled": 2, "queued": 3, "running": 4, "succeeded": 60, "failed": 6, "cancelled": 0,
                "expired": 0,
            ]
        )
        let ledger = try #require(stats["ledger"] as? [String: Any])
        #expect(ledger["submitted"] as? Int == 76)
        #expect(ledger["accounted_for"] as? Int == 76)
        #expect(ledger["balances"] as? Bool == true)
        #expect(stats["breaker"] as? String == "closed")
        let events = try #require(stats["events"] as? [[String: String]])
        #expect(events == [["kind": "error", "service": "dispatcher", "at": Timestamp.start.description, "message": "disk is full"]])
    }

    @Test func `stats has the same fields for each type, and run times there alone`() async throws {
        try fill()
        let stats = try json(try await get("/stats", from: try await application()))
        let types = try #require(stats["types"] as? [String: [String: Any]])
        #expect(types.keys.sorted() == ["hash", "reverse"])
        let reverse = try #require(types["reverse"])
        #expect(reverse["active_workers"] as? Int == 2)
        #expect(reverse["pending_tasks"] as? Int == 6)
        #expect(reverse["average_processing_time_ms"] as? Double == 2.48)
        for percentile in ["p50_ms", "p95_ms", "p99_ms"] { #expect(try #require(reverse[percentile] as? Double).isAbout(2)) }
        let total = try #require((reverse["total_times"] as? [String: [String: Any]])?["since_start"])
        #expect(total["count"] as? Int == 100)
        #expect(total["average_ms"] as? Double == 9)
        let run = try #require((reverse["run_times"] as? [String: [String: Any]])?["last_5_minutes"])
        #expect(try #require(run["max_ms"] as? Double).isAbout(50))
        // What types have in common is told of all of them together.
        let times: Set = ["average_processing_time_ms", "p50_ms", "p95_ms", "p99_ms", "run_times", "total_times"]
        #expect(Set(reverse.keys).subtracting(stats.keys) == times)
        let hash = try #require(types["hash"])
        #expect(hash["active_workers"] as? Int == 1)
        #expect(hash["average_processing_time_ms"] is NSNull)
        #expect(hash["p99_ms"] is NSNull)
    }

    @Test func `stats of an empty grid has all fields`() async throws {
        let stats = try json(try await get("/stats", from: try await application()))
        #expect(stats["active_workers"] is NSNull)
        #expect(stats["pending_tasks"] as? Int == 0)
        #expect(stats["queue_p50_ms"] is NSNull)
        #expect(stats["store"] is NSNull)
        #expect((stats["types"] as? [String: Any])?.isEmpty == true)
        #expect((stats["workers"] as? [String: Any])?.isEmpty == true)
    }

    @Test(arguments: ["/stats?pretty", "/stats?pretty=", "/stats?pretty=true", "/stats?pretty=1"])
    func `pretty JSON is indented`(uri: String) async throws {
        let body = String(buffer: try await get(uri, from: try await application()).body)
        #expect(body.contains("\n  \"active_workers\" : null"))
        #expect(body.hasSuffix("}\n"))
    }

    @Test(arguments: ["/stats", "/stats?pretty=false", "/stats?pretty=0"]) func `plain JSON is one line`(uri: String) async throws {
        let body = String(buffer: try await get(uri, from: try await application()).body)
        #expect(body.dropLast().contains("\n") == false)
    }

    @Test func `what cannot be seen, or moves the cursor, is escaped in JSON`() async throws {
        let hostile = "a\u{7F}\u{9B}1m\u{202E}\u{200B}é"
        let error = GridEvent(kind: .error, service: "dispatcher", at: .start, message: hostile)
        try grid.apply(.event(error), exchange: grid.topology.events.name, key: "grid.error")
        for uri in ["/stats", "/stats?pretty"] {
            let response = try await get(uri, from: try await application())
            let body = String(buffer: response.body)
            #expect(body.contains(#"a\u007f\u009b1m\u202e\u200bé"#) && !body.unicodeScalars.contains("\u{202E}"))
            #expect(try (json(response)["events"] as? [[String: String]])?.last?["message"] == hostile)
        }
    }

    // MARK: /workers

    @Test func `workers are listed with their state`() async throws {
        try fill()
        let answer = try json(try await get("/workers", from: try await application()))
        #expect(answer["active_workers"] as? Int == 2)
        let workers = try #require(answer["workers"] as? [String: [String: Any]])
        #expect(workers.keys.sorted() == ["a", "b", "c"])
        let a = try #require(workers["a"])
        #expect(a["state"] as? String == "alive")
        #expect(a["left_reason"] is NSNull)
        #expect(a["types"] as? [String] == ["reverse"])
        #expect(a["running_tasks"] as? Int == 1)
        #expect(a["running"] as? [Int] == [1])
        #expect(a["waiting_tasks"] as? Int == 2)
        #expect(a["done"] as? Int == 5)
        #expect(a["succeeded_since_monitor_start"] as? Int == 60)
        #expect(a["average_processing_time_ms"] as? Double == 2.5)
        #expect(a["last_seen_seconds_ago"] as? Double == 0)
        #expect(a["batch"] as? Bool == true)
        #expect(workers["c"]?["state"] as? String == "left")
        #expect(workers["c"]?["left_reason"] as? String == "deregistered")
    }

    @Test(arguments: [
        ("/workers?type=hash", ["b"]), ("/workers?state=left", ["c"]), ("/workers?type=reverse&state=alive", ["a", "b"]),
        ("/workers?type=sum", []),
    ])
    func `workers are filtered by type and state`(uri: String, ids: [String]) async throws {
        try fill()
        let answer = try json(try await get(uri, from: try await application()))
        #expect((answer["workers"] as? [String: Any])?.keys.sorted() == ids)
    }

    // MARK: /queues

    @Test func `queues are listed with their depths`() async throws {
        try fill()
        let application = try await application { queue throws(AMQPError) in
            if queue == "t.work.hash" { throw AMQPError(.notFound, "no such queue", brokerCode: 404) }
            return QueueDepth(messages: queue == "t.dead" ? 2 : 0, consumers: 1)
        }
        let queues = try #require(try json(try await get("/queues", from: application))["queues"] as? [String: [String: Any]])
        #expect(
            queues.keys.sorted() == [
                "t.dead", "t.results", "t.rpc.dispatcher", "t.rpc.nameservice", "t.submit", "t.work.hash", "t.work.reverse",
            ]
        )
        #expect(queues["t.dead"]?["messages"] as? Int == 2)
        #expect(queues["t.dead"]?["exists"] as? Bool == true)
        #expect(queues["t.work.reverse"]?["consumers"] as? Int == 1)
        #expect(queues["t.work.hash"]?["exists"] as? Bool == false)
        #expect(queues["t.work.hash"]?["messages"] is NSNull)
    }

    @Test func `queues are unavailable without the broker`() async throws {
        let application = try await application { _ throws(AMQPError) in throw AMQPError(.unreachable, "no connection") }
        let response = try await get("/queues", from: application)
        #expect(response.status == .serviceUnavailable)
        #expect(try json(response)["detail"] as? String == "the broker cannot be asked: no connection")
    }

    @Test func `many requests for queues ask the broker once`() async throws {
        let asked = Mutex(0)
        let depths = QueueDepths(grid: grid, freshness: .seconds(3600)) { _ throws(AMQPError) in
            asked.withLock { $0 += 1 }
            return QueueDepth(messages: 0, consumers: 0)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await depths.report() } }
            try await group.waitForAll()
        }
        #expect(asked.withLock { $0 } == 5)
    }

    // MARK: /healthz

    private func connection(_ state: ConnectionReading.State, _ detail: String? = nil) -> ConnectionReading {
        ConnectionReading(name: "monitor consume", state: state, since: .now, wasConnected: state == .connected, detail: detail)
    }

    @Test func `a healthy monitor answers 200`() async throws {
        let vitals = Vitals()
        vitals.connection { connection(.connected) }
        vitals.enter(.serving)
        let response = try await get("/healthz", from: try await application(health: vitals))
        #expect(response.status == .ok)
        let health = try json(response)
        #expect(health["service"] as? String == "monitor")
        #expect(health["healthy"] as? Bool == true)
        #expect((health["reasons"] as? [String])?.isEmpty == true)
    }

    @Test func `a monitor without a broker answers 503`() async throws {
        let vitals = Vitals()
        vitals.connection { connection(.unconnected, "nobody answers") }
        let response = try await get("/healthz", from: try await application(health: vitals))
        #expect(response.status == .serviceUnavailable)
        let health = try json(response)
        #expect(health["healthy"] as? Bool == false)
        #expect(
            health["reasons"] as? [String]
                == ["connection 'monitor consume' is not connected yet since 0 s, trying again: nobody answers"]
        )
    }

    // MARK: Bad requests

    @Test(arguments: [
        "/stats?prety", "/stats?pretty=maybe", "/stats?pretty&pretty", "/stats?type=reverse", "/workers?type=NO", "/workers?type",
        "/workers?state=dead", "/history?window=2h", "/history?until=soon", "/history?type=NO", "/scale?drain_seconds=0",
        "/scale?drain_seconds=x",
        "/metrics?pretty", "/queues?x=1", "/healthz?%00=1", "/workers?type=%E2%82%AC", "/stats?=",
    ])
    func `a bad parameter is a bad request`(uri: String) async throws {
        try expect(try await get(uri, from: try await application()), .badRequest, "Bad Request")
    }

    @Test(arguments: ["/stat", "/stats/x", "/workers/a", "/../etc/passwd", "/%2e%2e/", "/STATS"])
    func `an unknown path is not found`(uri: String) async throws {
        try expect(try await get(uri, from: try await application()), .notFound, "Not Found")
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"]) func `another method is not allowed`(method: String)
        async throws
    {
        let response = try await get("/stats", from: try await application(), try #require(HTTPRequest.Method(method)))
        try expect(response, .methodNotAllowed, "Method Not Allowed")
        #expect(response.headers[.allow] == "GET, HEAD")
    }

    @Test func `a large body is refused`() async throws {
        let response = try await (try await application()).test(.router) {
            try await $0.execute(uri: "/stats", method: .get, body: ByteBuffer(repeating: 0, count: 20_000))
        }
        try expect(response, .contentTooLarge, nil)
    }

    @Test func `head has no body`() async throws {
        let response = try await get("/stats", from: try await application(), .head)
        #expect(response.status == .ok)
        #expect(response.body.readableBytes == 0)
    }

    @Test(arguments: ["/stats", "/nothing"]) func `every answer is safe for a browser`(uri: String) async throws {
        let response = try await get(uri, from: try await application())
        #expect(response.headers[.xContentTypeOptions] == "nosniff")
        #expect(response.headers[.contentSecurityPolicy] == "default-src 'none'; frame-ancestors 'none'")
        #expect(response.headers[.cacheControl] == "no-store")
    }

    @Test(arguments: ["/", "/assets/app.js"]) func `the page may load only its own assets`(uri: String) async throws {
        let policy = try #require(try await get(uri, from: try await application()).headers[.contentSecurityPolicy])
        #expect(policy.contains("script-src 'self';") && policy.contains("connect-src 'self';"))
        #expect(!policy.contains("unsafe"))
    }

    // MARK: /types, /scale, /metrics

    @Test func `types are listed with their workers and counters`() async throws {
        try fill()
        let types = try #require(try json(try await get("/types", from: try await application()))["types"] as? [String: [String: Any]])
        #expect(types.keys.sorted() == ["hash", "reverse"])
        #expect(types["reverse"]?["workers"] as? [String] == ["a", "b"])
        #expect(types["reverse"]?["paused"] as? Bool == false)
        #expect(types["reverse"]?["pending_tasks"] as? Int == 6)
    }

    @Test func `scale answers for all types and for one`() async throws {
        try fill()
        let all = try #require(
            try json(try await get("/scale?drain_seconds=30", from: try await application()))["types"] as? [String: [String: Any]]
        )
        #expect(all.keys.sorted() == ["hash", "reverse"])
        let one = try json(try await get("/scale/reverse", from: try await application()))
        #expect(one.keys.sorted() == ["rate_per_second", "seconds_to_drain", "waiting", "workers", "workers_wanted"])
        #expect(one["waiting"] as? Int == 4)
        try expect(try await get("/scale/sum", from: try await application()), .notFound, "Not Found")
        try expect(try await get("/scale/%2F", from: try await application()), .notFound, "Not Found")
    }

    @Test func `metrics are text and need no broker`() async throws {
        try fill()
        let application = try await application { _ throws(AMQPError) in throw AMQPError(.unreachable, "no connection") }
        let response = try await get("/metrics", from: application)
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(String(buffer: response.body).contains("\ntaskgrid_workers{type=\"reverse\"} 2\n"))
    }

    // MARK: /history

    @Test(arguments: [
        ("/history", 360, 10), ("/history?window=5m&type=hash", 30, 10), ("/history?window=30d", 1440, 1800),
        ("/history?window=1w&until=-1d", 336, 1800),
    ])
    func `history comes in steps`(uri: String, count: Int, step: Int) async throws {
        let history = try json(try await get(uri, from: try await application()))
        #expect(history["step_seconds"] as? Int == step)
        let points = try #require(history["points"] as? [[String: Any]])
        #expect(points.count == count)
        #expect(points.last?["gap"] as? Bool == true)
        #expect(points.last?.keys.sorted() == ["at", "gap"])
    }

    // MARK: /events

    @Test func `one listener too many gets 503 with Retry-After`() async throws {
        let listeners = (0..<Broadcast.maximumListeners).compactMap { _ in
            grid.broadcast.listen(after: nil, view: LiveView(head: Data("{}".utf8)))
        }
        let response = try await get("/events", from: try await application())
        try expect(response, .serviceUnavailable, "Service Unavailable")
        #expect(response.headers[.retryAfter] == "5")
        #expect(listeners.count == Broadcast.maximumListeners)
    }

    @Test func `events are a stream`() async throws {
        grid.broadcast.end()
        let response = try await get("/events", from: try await application())
        #expect(response.headers[.contentType] == "text/event-stream")
        #expect(String(buffer: response.body).hasPrefix("retry: 2000\n\nid: "))
        #expect(String(buffer: response.body).contains("\nevent: stats\ndata: {\"active_workers\":null,"))
        #expect(grid.broadcast.listeners == 0)
    }

    private func expect(_ response: TestResponse, _ status: HTTPResponse.Status, _ title: String?) throws {
        #expect(response.status == status)
        #expect(response.headers[.contentType] == "application/problem+json")
        let problem = try json(response)
        #expect(problem["status"] as? Int == status.code)
        #expect(problem["type"] as? String == "about:blank")
        if let title { #expect(problem["title"] as? String == title) }
        #expect((problem["detail"] as? String)?.isEmpty == false)
    }
}

extension Double {
    /// Within the histogram's one percent.
    fileprivate func isAbout(_ value: Double) -> Bool { abs(self - value) <= 0.01 * value }
}
