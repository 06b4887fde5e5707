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

@Suite("Roles, types and the record of actions") struct GuardTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "guard-\(UUID().uuidString)").path

    /// Runs `body` with a monitor whose tokens are `NAME-NAME-NAME-NAME`, and whose dispatcher knows task 7, of type hash.
    private func withMonitor(
        protectsReading: Bool = false, _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws -> [JSONTree] {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (tokens, audit) = ("\(folder)/tokens", "\(folder)/audit")
        let text = [
            "vera viewer * \(token("vera"))", "susi submitter * \(token("susi"))", "olga operator * \(token("olga"))",
            "ivan operator sum,img-* \(token("ivan"))",
        ].joined(separator: "\n")
        #expect(
            FileManager.default.createFile(atPath: tokens, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]))
        var configuration = MonitorConfiguration(protectsReading: protectsReading)
        (configuration.tokensFile, configuration.auditFile) = (tokens, audit)
        let task = TaskRecord(
            id: 7, type: .hash, payload: Data("secret".utf8), status: .running, created: .start, settings: TaskSettings(), key: "k")
        let dispatcher = PlayedDispatcher { message in
            switch message.properties.type {
            case TaskQuery.name: message.answered(task)
            case TasksQuery.name: message.answered(TasksQuery.Answer(tasks: [task], next: nil))
            case CancelQuery.name: message.answered(CommandAnswer(tasks: [CommandOutcome(id: 7, outcome: .done, state: .running)]))
            case PauseQuery.name: message.answered(PauseAnswer(types: [PauseOutcome(type: .hash, outcome: .done)]))
            case BulkQuery.name: message.refused(.conflict, "5 tasks match now")
            case BulkActionsQuery.name:
                message.answered(
                    BulkActionsQuery.Answer(actions: [
                        BulkAction(id: "known", kind: .retry, filter: TaskFilter(type: .hash), expected: 1, started: .start)
                    ]))
            default: nil
            }
        }
        let interface = try await MonitorRoutes.sample(dispatcher: dispatcher, access: try Guard(configuration, logger: .silent))
        try await interface.application.test(.router) { try await body($0) }
        let lines = try String(contentsOfFile: audit, encoding: .utf8).split(separator: "\n")
        return try lines.map { try JSON.decode(JSONTree.self, Data($0.utf8)) }
    }

    private func token(_ name: String) -> String { Array(repeating: name, count: 4).joined(separator: "-") }

    private func headers(_ name: String?) -> HTTPFields { name.map { [.authorization: "Bearer \(token($0))"] } ?? [:] }

    @Test func `an action needs the role operator, and the refusal names it`() async throws {
        let lines = try await withMonitor { client in
            for (name, status) in [("vera", HTTPResponse.Status.forbidden), ("susi", .forbidden), ("olga", .ok)] {
                let response = try await client.execute(uri: "/tasks/7/cancel", method: .post, headers: headers(name))
                #expect(response.status == status, "\(name)")
                guard status == .forbidden else { continue }
                #expect(String(buffer: response.body).contains("the role 'operator'"))
                #expect(response.headers[.wwwAuthenticate] == "Bearer error=\"insufficient_scope\", scope=\"operator\"")
            }
        }
        #expect(lines.map { $0["who"].string } == ["vera", "susi", "olga"])
        #expect(lines.map { $0["outcome"].string } == ["refused", "refused", "done"])
    }

    @Test func `every role reads where reading needs a token`() async throws {
        _ = try await withMonitor(protectsReading: true) { (client: any TestClientProtocol) async throws -> Void in
            for path in ["/stats", "/metrics", "/tasks/7", "/openapi.json"] {
                #expect(try await client.execute(uri: path, method: .get).status == .unauthorized, "\(path)")
                for name in ["vera", "susi", "olga"] {
                    #expect(try await client.execute(uri: path, method: .get, headers: headers(name)).status == .ok, "\(path) \(name)")
                }
            }
            #expect(try await client.execute(uri: "/", method: .get).status == .ok)
            #expect(try await client.execute(uri: "/healthz", method: .get).status == .serviceUnavailable)
        }
    }

    @Test func `a token for some types acts on these alone, and reads payloads of these alone`() async throws {
        _ = try await withMonitor(protectsReading: true) { client in
            for (path, method, status) in [
                ("/tasks/7/cancel", HTTPRequest.Method.post, HTTPResponse.Status.forbidden), ("/types/hash/pause", .post, .forbidden),
                ("/types/hash/resume", .post, .forbidden), ("/bulk/retry?type=hash&count=1", .post, .forbidden),
                ("/bulk/retry?count=1", .post, .forbidden), ("/tasks/7/retry", .post, .forbidden), ("/tasks/7", .get, .forbidden),
                ("/bulk/retry?type=img-small&count=1", .post, .conflict), ("/types/sum/pause", .post, .ok), ("/tasks", .get, .ok),
                ("/workers/w/stop", .post, .notFound), ("/bulk-actions/known/stop", .post, .forbidden),
                ("/bulk-actions/other/stop", .post, .notFound),
            ] {
                let response = try await client.execute(uri: path, method: method, headers: headers("ivan"))
                #expect(response.status == status, "\(path)")
                if status == .forbidden { #expect(String(buffer: response.body).contains("sum,img-*"), "\(path)") }
            }
        }
    }

    @Test func `who paused a type is in the log, and who tried to, but not those without a token`() async throws {
        let lines = try await withMonitor { client in
            _ = try await client.execute(uri: "/types/hash/pause?for=1h", method: .post, headers: headers("olga"))
            _ = try await client.execute(uri: "/bulk/retry?type=hash&count=1", method: .post, headers: headers("olga"))
            _ = try await client.execute(uri: "/types/hash/pause", method: .post, headers: headers("eve"))
            _ = try await client.execute(uri: "/types/hash/pause", method: .post)
            _ = try await client.execute(uri: "/stats", method: .get, headers: headers("olga"))
        }
        #expect(lines.map { $0["who"].string } == ["olga", "olga", nil])
        #expect(lines.map { $0["action"].string } == ["pause", "startBulk", "pause"])
        #expect(lines.map { $0["outcome"].string } == ["done", "refused", "refused"])
        #expect(lines[0]["request"].string == "/types/hash/pause?for=1h")
        #expect(lines[1]["detail"].string == "5 tasks match now")
    }

    @Test func `after ten wrong tokens an address waits, but a token that was right before is taken`() async throws {
        let lines = try await withMonitor { client in
            #expect(try await client.execute(uri: "/types/hash/pause", method: .post, headers: headers("olga")).status == .ok)
            for _ in 0..<10 {
                #expect(try await client.execute(uri: "/types/hash/pause", method: .post, headers: headers("eve")).status == .unauthorized)
            }
            for name in ["eve", "ivan"] {
                let response = try await client.execute(uri: "/types/hash/pause", method: .post, headers: headers(name))
                #expect(response.status == .tooManyRequests && response.headers[.retryAfter] != nil, "\(name)")
            }
            #expect(try await client.execute(uri: "/types/hash/pause", method: .post, headers: headers("olga")).status == .ok)
            let metrics = String(buffer: try await client.execute(uri: "/metrics", method: .get).body)
            #expect(metrics.contains("\ntaskgrid_monitor_wrong_tokens_total 10\n"))
            #expect(metrics.contains("\ntaskgrid_monitor_throttled_tokens_total 2\n"))
        }
        #expect(lines.count == 12, "requests that are not looked at fill no disk")
    }
}
