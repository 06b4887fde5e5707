import AMQP
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import ServiceSupport
import TaskGridCore
import TestSupport
import Testing
import WebSupport

@testable import Monitor

/// Every route is asked in every way that its value tells of, of monitors in several states. A new route is asked too.
@Suite("Every answer is as the OpenAPI document says") struct AnswersTests {
    private static let token = "correct-horse-battery"

    /// A request that a route's value tells of.
    private struct Asked {
        var uri: String
        var headers: HTTPFields = [:]
        /// Whether a parameter has a value that it does not take.
        var isBad = false
    }

    private static func requests(_ route: Route) -> [Asked] {
        let path = route.parameters.filter { $0.place == .path }.reduce(route.path) { path, parameter in
            path.replacing("{\(parameter.name)}", with: parameter.example ?? "?")
        }
        var requests = [Asked(uri: path)]
        for parameter in route.parameters {
            switch parameter.place {
            case .query:
                requests += values[parameter.name, default: []].map { Asked(uri: "\(path)?\(parameter.name)=\($0)") }
                requests.append(Asked(uri: "\(path)?\(parameter.name)=%E2%82%AC%00", isBad: !anything.contains(parameter.name)))
            case .header: requests += HTTPField.Name(parameter.name).map { [Asked(uri: path, headers: [$0: "7"])] } ?? []
            case .path: requests.append(Asked(uri: path.replacing(parameter.example ?? "?", with: "%E2%82%AC")))
            }
        }
        if !anything.contains(route.id) { requests.append(Asked(uri: "\(path)?unheard=1", isBad: true)) }
        return requests
    }

    /// Good values of the parameters after the query mark, by their names.
    private static let values = [
        "pretty": ["true", ""], "type": ["sum", "hash"], "state": ["alive", "failed"], "drain_seconds": ["30"], "window": ["5m", "30d"],
        "until": ["-1h", "2026-01-01"], "since": ["2026-01-01T00:00:00Z"], "kind": ["grid,worker"], "text": ["x"], "id": ["1", "9"],
        "after": ["5"], "limit": ["1", "200"], "count": ["3"], "error_group": ["failed:%20no%20%23"],
    ]
    /// Parameters, and routes, that take anything.
    private static let anything: Set<String> = ["text", "error_group", "dashboard", "asset"]

    /// A monitor that has heard of everything that there is to tell.
    private static func grid() throws -> GridState {
        let grid = GridState(topology: Topology(prefix: "t"), now: { .after(100) })
        let sum = TaskType(literal: "sum")
        for id in ["a", "b"] {
            try grid.hear(.register, RegistryMessage.sample(id, types: [sum]))
        }
        try grid.hear(.deregister, RegistryMessage.sample("b"))
        let event = TypeEvent.sample(
            sum, [.pending: 1, .succeeded: 60, .failed: 6],
            workers: [WorkerTally(worker: "a", succeeded: 60, runTimes: [LatencyCount(microseconds: 2500, count: 60)])],
            run: [(2000, 99)], total: [(9000, 100)], retried: 2, refused: 3
        )
        try grid.apply(.event(event), exchange: "t.events", key: "task.sum")
        try grid.apply(.event(TypeEvent.sample(.hash, [.pending: 4])), exchange: "t.events", key: "task.hash")
        let error = GridEvent(kind: .error, service: "dispatcher", at: .start, message: "disk is full")
        try grid.apply(.event(error), exchange: "t.events", key: "grid.error")
        // An alert of the broker at once.
        grid.updateAlerts(connections: [ConnectionReading(name: "c", state: .blocked, since: .now, wasConnected: true, detail: "disk")])
        return grid
    }

    private static let task: TaskRecord = {
        var task = TaskRecord(
            id: 1, type: TaskType(literal: "sum"), payload: Data("[1]".utf8), status: .failed, created: .start,
            settings: TaskSettings(maxAttempts: 3), key: "k")
        task.result = Data([0xFF])
        task.completed = .after(2)
        task.attempt = 1
        task.runTime = .microseconds(1500)
        task.error = TaskError(.timedOut, "too long")
        task.settings.timeout = .seconds(5)
        task.attempts = [.ended(1, .timedOut, at: .after(1), after: .seconds(1), worker: "w1", error: task.error)]
        return task
    }()

    private static let bulkAction: BulkAction = {
        let filter = TaskFilter(type: TaskType(literal: "sum"), state: .failed, errorGroup: ErrorGroup(text: "failed: no 7"))
        var action = BulkAction(id: "b", kind: .retry, filter: filter, expected: 3, started: .start)
        (action.state, action.done, action.refused, action.ended) = (.finished, 2, 1, .after(1))
        return action
    }()

    /// A dispatcher that knows one task, or none, and does or refuses what it is asked.
    private static func dispatcher(_ outcome: CommandOutcome.Kind, _ pause: PauseOutcome.Kind) -> PlayedDispatcher {
        PlayedDispatcher { message in
            switch message.properties.type {
            case TaskQuery.name: outcome == .unknown ? message.refused(.notFound, "not known") : message.answered(task)
            case TasksQuery.name: message.answered(TasksQuery.Answer(tasks: outcome == .unknown ? [] : [task], next: nil))
            case CancelQuery.name, RetryQuery.name:
                message.answered(CommandAnswer(tasks: [CommandOutcome(id: 1, outcome: outcome, state: .failed)]))
            case FailuresQuery.name:
                message.answered(
                    FailuresQuery.Answer(
                        groups: [
                            FailureGroup(
                                type: TaskType(literal: "sum"), error: "failed: no #", count: 2, example: "failed: no 7", newest: 9,
                                first: .start, last: .after(1))
                        ]))
            case MatchesQuery.name: message.answered(MatchesQuery.Answer(count: 3))
            case BulkActionsQuery.name: message.answered(BulkActionsQuery.Answer(actions: [bulkAction]))
            case BulkQuery.name: outcome == .refused ? message.refused(.conflict, "5 tasks match now") : message.answered(bulkAction)
            case BulkStopQuery.name: outcome == .unknown ? message.refused(.notFound, "not known") : message.answered(bulkAction)
            case WorkerRequestQuery.name:
                outcome == .unknown
                    ? message.refused(.notFound, "not known")
                    : message.answered(WorkerRequestQuery.Answer(worker: "a", types: [TaskType(literal: "sum")], running: 1))
            case PauseQuery.name, ResumeQuery.name:
                message.answered(PauseAnswer(types: [PauseOutcome(type: TaskType(literal: "sum"), outcome: pause)]))
            default: message.refused(.unavailable, "busy")
            }
        }
    }

    private static func isHealthy() -> Vitals {
        let vitals = Vitals()
        vitals.connection { ConnectionReading(name: "monitor consume", state: .connected, since: .now, wasConnected: true, detail: nil) }
        vitals.enter(.serving)
        return vitals
    }

    /// Monitors in several states, by what is special about them.
    private static func interfaces() async throws -> [(name: String, interface: MonitorRoutes)] {
        let access = try Guard.sample(token: token)
        let away = PlayedDispatcher { $0.refused(.unavailable, "no store") }
        return [
            ("all is well", try await .sample(try grid(), dispatcher: dispatcher(.done, .done), access: access, health: isHealthy())),
            ("nothing is heard", try await .sample(dispatcher: dispatcher(.unknown, .unknown), access: access)),
            ("what is asked is refused", try await .sample(try grid(), dispatcher: dispatcher(.refused, .unchanged), access: access)),
            (
                "nothing can be asked",
                try await .sample(dispatcher: away, access: access) { _ throws(AMQPError) in throw AMQPError(.unreachable, "no connection")
                }
            ),
            ("another token is right", try await .sample(access: try .sample(token: "other", protectsReading: true))),
            ("there is no token", try await .sample(access: try .sample(protectsReading: true))),
        ]
    }

    @Test func `status, content type and content of every answer are described`() async throws {
        var statuses: [String: Set<Int>] = [:]
        for (name, interface) in try await Self.interfaces() {
            for (route, status) in try await Self.ask(interface, name) { statuses[route, default: []].insert(status) }
        }
        // Each has been asked so that all went well.
        for (route, statuses) in statuses { #expect(statuses.contains(200), "\(route): \(statuses)") }
    }

    /// Asks each route in each way, and checks the answers. The status of each answer, by the route's name.
    private static func ask(_ interface: MonitorRoutes, _ name: String) async throws -> [(route: String, status: Int)] {
        let document = try JSON.decode(JSONTree.self, JSON.encode(OpenAPI(interface.routes)))
        let check = SchemaCheck(components: document["components"]["schemas"].members)
        return try await interface.application.test(.router) { client in
            var statuses: [(String, Int)] = []
            // The stream of events does not end.
            for route in interface.routes where route.id != "events" {
                let responses = document["paths"][route.path][route.method.rawValue]["responses"]
                for asked in requests(route) {
                    let place: Comment = "\(name): \(route.method) \(asked.uri)"
                    var headers = asked.headers
                    headers[.authorization] = "Bearer \(token)"
                    let response = try await client.execute(uri: asked.uri, method: route.method == .get ? .get : .post, headers: headers)
                    statuses.append((route.id, response.status.code))
                    if asked.isBad { #expect([400, 401, 403, 429].contains(response.status.code), place) }
                    let content = responses["\(response.status.code)"]["content"].members
                    let type = response.headers[.contentType].map { String($0.prefix { $0 != ";" }) } ?? "-"
                    #expect(content[type] != nil, "\(place): \(response.status) \(type)")
                    guard type.hasSuffix("json"), let schema = content[type]?["schema"] else { continue }
                    let body = try JSON.decode(JSONTree.self, Data(response.body.readableBytesView))
                    #expect(check.problems(body, schema) == [], place)
                }
            }
            return statuses
        }
    }

    @Test func `the stream of events is described`() async throws {
        let grid = try Self.grid()
        grid.broadcast.end()
        let interface = try await MonitorRoutes.sample(grid)
        let route = try #require(interface.routes.first { $0.id == "events" })
        try await interface.application.test(.router) { client in
            for asked in Self.requests(route) {
                let response = try await client.execute(uri: asked.uri, method: .get, headers: asked.headers)
                #expect(response.headers[.contentType] == (asked.isBad ? "application/problem+json" : "text/event-stream"), "\(asked.uri)")
            }
        }
    }
}

@Suite("The check of an answer against a schema") struct SchemaCheckTests {
    private let check = SchemaCheck(components: [
        "Named": ["type": "object", "required": ["a"], "properties": ["a": ["type": "integer", "minimum": 1]]]
    ])

    @Test(
        arguments: [
            (["$ref": "#/components/schemas/Named"], ["a": 1, "b": true]), (["type": ["string", "null"]], .null),
            (["enum": ["a", "b"]], "b"),
            (["oneOf": [["type": "string"], ["type": "null"]]], "x"),
            (["type": "array", "items": ["type": "number"], "maxItems": 2], [1, 2]),
            (
                ["allOf": [["$ref": "#/components/schemas/Named"]], "properties": ["c": [:]], "unevaluatedProperties": false],
                ["a": 1, "c": 2]
            ),
            (["type": "object", "additionalProperties": ["const": "x"]], ["a": "x", "b": "x"]),
            (["type": "string", "minLength": 1, "maxLength": 2, "pattern": "^[a-z]+$", "description": "d", "default": "e"], "ab"),
        ] as [(JSONTree, JSONTree)])
    func `a value that fits its schema is right`(schema: JSONTree, value: JSONTree) { #expect(check.problems(value, schema) == []) }

    @Test(
        arguments: [
            (["$ref": "#/components/schemas/Named"], ["a": 0]), (["$ref": "#/components/schemas/Named"], ["b": 1]),
            (["$ref": "#/components/schemas/Unheard"], 1), (["type": "integer"], .number(1.5)), (["type": ["string", "null"]], 1),
            (["type": "boolean"], 1), (["type": "number"], true), (["enum": ["a"]], "b"), (["const": "a"], "b"),
            (["oneOf": [["type": "string"], ["type": "null"]]], 1), (["oneOf": [["type": "string"], ["enum": ["x"]]]], "x"),
            (["items": ["type": "number"]], [1, "2"]), (["maxItems": 1], [1, 2]), (["maximum": 1], 2), (["minLength": 1], ""),
            (["maxLength": 1], "ab"), (["pattern": "^a$"], "b"), (["pattern": "("], "b"),
            (["additionalProperties": false, "properties": ["a": [:]]], ["a": 1, "b": 1]),
            (["additionalProperties": ["const": "x"]], ["a": 1]),
            (["allOf": [["$ref": "#/components/schemas/Named"]], "unevaluatedProperties": false], ["a": 1, "c": 2]),
            (["format": "date-time"], "x"),
        ] as [(JSONTree, JSONTree)])
    func `a value that does not fit its schema is wrong, and so is a keyword that the check does not know`(
        schema: JSONTree, value: JSONTree
    ) { #expect(check.problems(value, schema).count == 1) }
}
