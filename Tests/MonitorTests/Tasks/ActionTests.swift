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

@Suite("Actions, and who may have them done") struct ActionTests {
    private static let token = "correct-horse-battery"
    private static let bearer: HTTPFields = [.authorization: "Bearer correct-horse-battery"]

    private func post(
        _ path: String, _ dispatcher: PlayedDispatcher, _ headers: HTTPFields = bearer, token: String? = token, body: ByteBuffer? = nil
    ) async throws -> TestResponse {
        let interface = try await MonitorRoutes.sample(dispatcher: dispatcher, access: try .sample(token: token))
        return try await interface.application.test(.router) {
            try await $0.execute(uri: path, method: .post, headers: headers, body: body)
        }
    }

    private func json(_ response: TestResponse) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(response.body.readableBytesView)) as? [String: Any])
    }

    private func detail(_ response: TestResponse) throws -> String { try #require(try json(response)["detail"] as? String) }

    private func ordering(_ outcome: CommandOutcome.Kind, _ state: TaskState?) -> PlayedDispatcher {
        PlayedDispatcher { $0.answered(CommandAnswer(tasks: [CommandOutcome(id: 7, outcome: outcome, state: state)])) }
    }

    @Test func `cancelling says what happened`() async throws {
        let done = ordering(.done, .running)
        let answer = try json(try await post("/tasks/7/cancel", done))
        #expect(answer["outcome"] as? String == "cancelled" && answer["id"] as? Int == 7)
        #expect((answer["message"] as? String)?.contains("told to stop") == true)
        #expect(try done.asked(CancelQuery.self) == [CancelQuery(tasks: [7])])
        #expect(try await post("/tasks/7/cancel", ordering(.refused, .cancelled)).status == .ok)
        let late = try await post("/tasks/7/cancel", ordering(.refused, .succeeded))
        #expect(try late.status == .conflict && detail(late).contains("succeeded"))
        #expect(try await post("/tasks/7/cancel", ordering(.unknown, nil)).status == .notFound)
        #expect(try await post("/tasks/x/cancel", done).status == .badRequest)
    }

    @Test func `retrying says what happened`() async throws {
        let done = ordering(.done, .failed)
        #expect(try json(try await post("/tasks/7/retry", done))["outcome"] as? String == "retried")
        #expect(try done.asked(RetryQuery.self) == [RetryQuery(tasks: [7])])
        #expect(try await post("/tasks/7/retry", ordering(.refused, .running)).status == .conflict)
        #expect(try await post("/tasks/7/retry", ordering(.unknown, nil)).status == .notFound)
    }

    @Test(arguments: [("%C3%BC", "ü"), ("a%22b", "a\"b"), ("my%20worker%2F1", "my worker/1"), ("a+b", "a+b")])
    func `a worker is found by its id, whatever characters it has`(path: String, id: String) async throws {
        let dispatcher = PlayedDispatcher { $0.answered(WorkerRequestQuery.Answer(worker: id, types: [.reverse], running: 0)) }
        #expect(try json(try await post("/workers/\(path)/quiet", dispatcher))["worker"] as? String == id)
        #expect(try dispatcher.asked(WorkerRequestQuery.self).map(\.worker) == [id])
    }

    @Test func `pausing and resuming say what happened`() async throws {
        func pausing(_ outcome: PauseOutcome.Kind) -> PlayedDispatcher {
            PlayedDispatcher { $0.answered(PauseAnswer(types: [PauseOutcome(type: .reverse, outcome: outcome)])) }
        }
        let done = pausing(.done)
        #expect(try json(try await post("/types/reverse/pause", done))["paused"] as? Bool == true)
        #expect(try done.asked(PauseQuery.self) == [PauseQuery(types: [.reverse])])
        let timed = pausing(.done)
        _ = try await post("/types/reverse/pause?for=1h30m", timed)
        #expect(try timed.asked(PauseQuery.self) == [PauseQuery(types: [.reverse], time: 5_400_000)])
        for time in ["", "0s", "30", "-1h", "4000d", "soon"] {
            #expect(try await post("/types/reverse/pause?for=\(time)", timed).status == .badRequest)
        }
        let resumed = pausing(.unchanged)
        #expect(try json(try await post("/types/reverse/resume", resumed))["paused"] as? Bool == false)
        #expect(try resumed.asked(ResumeQuery.self) == [ResumeQuery(types: [.reverse])])
        #expect(try await post("/types/reverse/pause", pausing(.unknown)).status == .notFound)
        #expect(try await post("/types/Reverse/pause", done).status == .badRequest)
    }

    @Test(
        arguments: [
            [:], [.authorization: "Bearer wrong"], [.authorization: "correct-horse-battery"], [.authorization: "Bearer "],
            [.authorization: "Basic correct-horse-battery"], [.authorization: "Bearer correct-horse-batterycorrect-horse-battery"],
        ] as [HTTPFields])
    func `without the token nothing is asked`(headers: HTTPFields) async throws {
        let dispatcher = ordering(.done, .running)
        let response = try await post("/tasks/7/cancel", dispatcher, headers)
        #expect(response.status == .unauthorized && response.headers[.wwwAuthenticate] == "Bearer")
        #expect(try dispatcher.asked(CancelQuery.self).isEmpty)
    }

    @Test func `a monitor without a token refuses every change`() async throws {
        for headers in [[:], [.authorization: "Bearer "], Self.bearer] as [HTTPFields] {
            let dispatcher = ordering(.done, .running)
            let response = try await post("/tasks/7/cancel", dispatcher, headers, token: nil)
            #expect(try response.status == .forbidden && detail(response).contains("monitor.token"))
            #expect(try dispatcher.asked(CancelQuery.self).isEmpty)
        }
    }

    @Test func `a page from elsewhere is refused, even with the token; one of the monitor's own is not`() async throws {
        let site = try #require(HTTPField.Name("sec-fetch-site"))
        for (origin, from, status) in [
            ("http://evil.example", nil, HTTPResponse.Status.forbidden), ("null", nil, .forbidden), ("http://localhost:1", nil, .forbidden),
            (nil, "cross-site", .forbidden), ("http://localhost", "same-origin", .ok), (nil, "none", .ok),
        ] as [(String?, String?, HTTPResponse.Status)] {
            var headers = Self.bearer
            headers[.origin] = origin
            headers[site] = from
            #expect(
                try await post("/tasks/7/cancel", ordering(.done, .queued), headers).status == status, "\(origin ?? "-") \(from ?? "-")")
        }
    }

    @Test func `a large body is refused, and parameters are`() async throws {
        let dispatcher = ordering(.done, .running)
        #expect(try await post("/tasks/7/cancel", dispatcher, body: ByteBuffer(repeating: 0, count: 20_000)).status == .contentTooLarge)
        #expect(try await post("/tasks/7/cancel?now=1", dispatcher).status == .badRequest)
        #expect(try dispatcher.asked(CancelQuery.self).isEmpty)
    }

    @Test func `reading needs the token where that is configured, except of routes that tell nothing`() async throws {
        let interface = try await MonitorRoutes.sample(access: try .sample(token: Self.token, protectsReading: true))
        let open = interface.routes.filter { $0.access == .open }.map(\.path)
        #expect(open.sorted() == ["/", "/assets/{name}", "/healthz"])
        try await interface.application.test(.router) { client in
            for (path, status) in [
                ("/stats", HTTPResponse.Status.unauthorized), ("/tasks/x", .unauthorized), ("/", .ok), ("/assets/app.js", .ok),
            ] {
                #expect(try await client.execute(uri: path, method: .get).status == status, "\(path)")
                let bearer = try await client.execute(uri: path, method: .get, headers: Self.bearer)
                #expect(bearer.status != .unauthorized, "\(path)")
            }
        }
    }
}
