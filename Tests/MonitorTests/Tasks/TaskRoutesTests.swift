import AMQP
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import TaskGridCore
import TestSupport
import Testing
import WebSupport

@testable import Monitor

@Suite("/tasks and /tasks/{id}") struct TaskRoutesTests {
    private func task(_ id: Int64, _ change: (inout TaskRecord) -> Void = { _ in }) -> TaskRecord {
        var task = TaskRecord(
            id: TaskID(id), type: .reverse, payload: Data("hello".utf8), status: .pending, created: .start,
            settings: TaskSettings(maxAttempts: 3), key: "k")
        change(&task)
        return task
    }

    private func get(_ uri: String, _ dispatcher: PlayedDispatcher) async throws -> TestResponse {
        let grid = GridState(topology: Topology(prefix: "t"), now: { .after(3600) })
        let application = try await MonitorRoutes.sample(grid, dispatcher: dispatcher).application
        return try await application.test(.router) { try await $0.execute(uri: uri, method: .get) }
    }

    private func json(_ response: TestResponse) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(response.body.readableBytesView)) as? [String: Any])
    }

    /// One that has these tasks, and answers at most `step` at a time.
    private func dispatcher(_ tasks: [TaskRecord], step: Int = 1000) -> PlayedDispatcher {
        PlayedDispatcher { message in
            if message.properties.type == TaskQuery.name {
                guard let query = try? JSON.decode(TaskQuery.self, message.body) else { return nil }
                guard let task = tasks.first(where: { $0.id == query.id }) else { return message.refused(.notFound, "not known") }
                return message.answered(task)
            }
            guard let query = try? JSON.decode(TasksQuery.self, message.body) else { return nil }
            let found = tasks.sorted { $0.id > $1.id }.filter { task in
                query.filter.matches(task) && query.before.map { task.id < $0 } ?? true
            }
            let page = Array(found.prefix(min(step, query.limit)))
            return message.answered(TasksQuery.Answer(tasks: page, next: found.count > page.count ? page.last?.id : nil))
        }
    }

    @Test func `a page is put together from as many answers as it takes, and says where to go on`() async throws {
        let dispatcher = dispatcher((1...9).map { task($0) }, step: 2)
        let first = try json(try await get("/tasks?limit=5", dispatcher))
        #expect((first["tasks"] as? [[String: Any]])?.compactMap { $0["id"] as? Int } == [9, 8, 7, 6, 5])
        #expect(first["next"] as? Int == 5)
        #expect(try dispatcher.asked(TasksQuery.self).allSatisfy(\.isBrief))
        let second = try json(try await get("/tasks?limit=5&after=5", dispatcher))
        #expect((second["tasks"] as? [[String: Any]])?.compactMap { $0["id"] as? Int } == [4, 3, 2, 1])
        #expect(second["next"] is NSNull)
    }

    @Test func `a search takes ten queries at most, and says where to go on`() async throws {
        let dispatcher = PlayedDispatcher { message in
            let before = (try? JSON.decode(TasksQuery.self, message.body))?.before?.rawValue ?? 1000
            return message.answered(TasksQuery.Answer(tasks: [], next: TaskID(before - 1)))
        }
        let report = try json(try await get("/tasks?text=x", dispatcher))
        #expect(try dispatcher.asked(TasksQuery.self).count == 10)
        #expect(report["next"] as? Int == 990)
        #expect((report["tasks"] as? [Any])?.isEmpty == true)
    }

    @Test func `of a payload that came cut, the page says how large the whole is`() async throws {
        let dispatcher = dispatcher([
            task(7) { task in
                task.payload = Data(repeating: 0x61, count: 100)
                task.payloadSize = 4 << 20
            }
        ])
        let payload = try #require(try json(try await get("/tasks/7", dispatcher))["payload"] as? [String: Any])
        #expect(payload["bytes"] as? Int == 4 << 20 && payload["cut"] as? Bool == true && (payload["text"] as? String)?.count == 100)
    }

    @Test func `the dispatcher gets the query that the request means`() async throws {
        let dispatcher = dispatcher([])
        let uri = "/tasks?type=sum&state=failed&since=-1h&until=2023-11-15T00:00:00%2B02:00&text=no+number%25&limit=7&after=99"
        #expect(try await get(uri, dispatcher).status == .ok)
        let query = try #require(try dispatcher.asked(TasksQuery.self).first)
        #expect(
            query.filter.type == TaskType(literal: "sum") && query.filter.state == .failed && query.filter.text == "no number%")
        #expect(query.filter.createdSince == .start)
        #expect(query.filter.createdUntil == Timestamp(rawValue: 1_699_999_200_000))
        #expect(query.before == 99 && query.limit == 7)
    }

    @Test func `one is found by its id, where it is what else is asked for`() async throws {
        let dispatcher = dispatcher([task(7) { $0.status = .running }, task(9)])
        for (uri, count) in [
            ("/tasks?id=7", 1), ("/tasks?id=8", 0), ("/tasks?id=7&state=failed", 0), ("/tasks?id=7&state=running", 1),
            ("/tasks?id=7&after=7", 0), ("/tasks?id=7&after=8", 1),
        ] {
            #expect((try json(try await get(uri, dispatcher))["tasks"] as? [Any])?.count == count, "\(uri)")
        }
        // Nobody asked for the payload.
        #expect(try dispatcher.asked(TasksQuery.self).allSatisfy { $0.isBrief && $0.limit == 1 })
        #expect(try dispatcher.asked(TaskQuery.self).isEmpty)
    }

    @Test(arguments: [
        "/tasks?type=A", "/tasks?state=lost", "/tasks?limit=0", "/tasks?limit=201", "/tasks?limit=+5", "/tasks?since=soon",
        "/tasks?since=5",
        "/tasks?until=2026-13-01", "/tasks?text=", "/tasks?text=a%00b", "/tasks?id=0", "/tasks?id=007", "/tasks?after=x", "/tasks?page=2",
        "/tasks/x", "/tasks?text=%FF", "/tasks/%FF",
        "/tasks/0",
        "/tasks/%2B5", "/tasks/99999999999999999999", "/tasks/7?x=1", "/tasks?text=\(String(repeating: "x", count: 251))",
    ])
    func `bad parameters are bad requests, and nobody is asked`(uri: String) async throws {
        let dispatcher = dispatcher([])
        let response = try await get(uri, dispatcher)
        #expect(response.status == .badRequest)
        #expect(response.headers[.contentType] == "application/problem+json")
        #expect(try dispatcher.asked(TasksQuery.self).isEmpty && dispatcher.asked(TaskQuery.self).isEmpty)
    }

    @Test func `a task is told whole`() async throws {
        let task = task(7) {
            $0.status = .succeeded
            $0.result = Data([0xFF, 0])
            $0.completed = .after(2)
            $0.attempt = 2
            $0.runTime = .microseconds(1500)
            $0.settings.timeout = .seconds(5)
            $0.settings.backoff = Backoff(base: .seconds(1), ceiling: .seconds(60))
            $0.attempts = [
                .ended(1, .timedOut, at: .after(1), after: .seconds(1), worker: "w1", error: TaskError(.timedOut, "too long")),
                .ended(2, .succeeded, at: .after(2), after: .microseconds(1500), worker: "w2"),
            ]
        }
        let report = try json(try await get("/tasks/7", dispatcher([task])))
        #expect(report["id"] as? Int == 7 && report["state"] as? String == "succeeded")
        #expect(report["run_ms"] as? Double == 1.5 && report["timeout_ms"] as? Int == 5000)
        #expect(report["backoff"] as? String == "exponential:1s:1m")
        let payload = try #require(report["payload"] as? [String: Any])
        #expect(payload["text"] as? String == "hello" && payload["bytes"] as? Int == 5 && payload["cut"] as? Bool == false)
        let result = try #require(report["result"] as? [String: Any])
        #expect(result["text"] is NSNull && result["base64"] as? String == "/wA=")
        let attempts = try #require(report["attempts"] as? [[String: Any]])
        #expect(attempts.map { $0["outcome"] as? String } == ["timed_out", "succeeded"])
        #expect(attempts[0]["error"] as? String == "timed_out: too long" && attempts[1]["error"] is NSNull)
        #expect(attempts[0]["started"] as? String == Timestamp.start.description)
        #expect(try await get("/tasks/8", dispatcher([task])).status == .notFound)
    }

    @Test func `long content is cut, a text between characters`() {
        let letters = String(repeating: "ä", count: 40_000)
        let text = ContentReport(Data(("x" + letters).utf8), maximum: ContentReport.maximumOnPage)
        #expect(text.cut && text.bytes == 80_001 && text.base64 == nil)
        #expect(text.text?.utf8.count == 65_535 && letters.hasPrefix(text.text?.dropFirst() ?? "-"))
        let bytes = ContentReport(Data(repeating: 0xFF, count: 70_000), maximum: ContentReport.maximumOnPage)
        #expect(bytes.cut && bytes.text == nil && bytes.base64?.count == 87_384)
        #expect(ContentReport(Data()).text == "")
        #expect(ContentReport(Data("ä".utf8).dropLast()).base64 != nil, "half a character at the end of the whole is no text")
    }
}
