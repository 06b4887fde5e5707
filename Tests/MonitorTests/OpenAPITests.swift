import AMQP
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import ServiceSupport
import TaskGridCore
import TestSupport
import Testing
import WebSupport

@testable import Monitor

@Suite("The description of the REST interface") struct OpenAPITests {
    private func document() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(OpenAPI.document.utf8)) as? [String: Any])
    }

    private func described() throws -> [String: [String: Any]] { try #require(try document()["paths"] as? [String: [String: Any]]) }

    @Test("every path that is served is described, and the other way round")
    func paths() async throws {
        let interface = try await Interface.sample()
        let described = try described()
        #expect(Set(described.filter { $1["get"] != nil }.keys) == Set(interface.gets.keys))
        #expect(Set(described.filter { $1["post"] != nil }.keys) == Set(interface.posts.keys))
        #expect(described.values.allSatisfy { Set($0.keys).isSubset(of: ["get", "post"]) })
    }

    @Test("operations have ids of their own, and name each parameter of their path")
    func operations() throws {
        var ids: [String] = []
        for (path, methods) in try described() {
            for operation in methods.values {
                let operation = try #require(operation as? [String: Any])
                ids.append(try #require(operation["operationId"] as? String))
                let parameters = try #require(operation["parameters"] as? [[String: Any]])
                let inPath = parameters.filter { $0["in"] as? String == "path" }.compactMap { $0["name"] as? String }
                let expected = path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
                #expect(inPath == expected, "\(path)")
            }
        }
        #expect(Set(ids).count == ids.count)
    }

    @Test("every reference leads somewhere, and every schema is used")
    func references() throws {
        let components = try #require(try document()["components"] as? [String: Any])
        let schemas = try #require(components["schemas"] as? [String: Any])
        let prefix = "#/components/schemas/"
        var references: Set<String> = []
        func look(_ value: Any) {
            if let object = value as? [String: Any] {
                if let reference = object["$ref"] as? String { references.insert(String(reference.dropFirst(prefix.count))) }
                object.values.forEach(look)
            } else if let array = value as? [Any] {
                array.forEach(look)
            }
        }
        look(try document())
        #expect(references == Set(schemas.keys))
    }

    @Test("it is served as JSON")
    func served() async throws {
        let application = Application(router: WebServer.router(of: "the monitor", gets: try await Interface.sample().gets), logger: .silent)
        let response = try await application.test(.router) { try await $0.execute(uri: "/openapi.json?pretty", method: .get) }
        #expect(response.status == .ok && response.headers[.contentType] == "application/json")
        #expect(String(buffer: response.body) == OpenAPI.document)
    }
}

extension Interface {
    /// One of a monitor that has heard nothing.
    static func sample() async throws -> Interface {
        let board = Board(topology: Topology(prefix: "t"), now: { .start })
        let queryClient = PlayedDispatcher { _ in nil }.query()
        let history = History(try await HistoryStore.open(nil), board: board, logger: .silent)
        let depths = QueueDepths(board: board) { _ throws(AMQPError) in QueueDepth(messages: 0, consumers: 0) }
        return Interface(
            routes: Routes(board: board, page: StatisticsPage(board: board), depths: depths, history: history) {
                Vitals().report(service: "monitor", id: "m")
            },
            tasks: TaskRoutes(queryClient: queryClient, now: board.now), actions: ActionRoutes(queryClient: queryClient),
            access: Guard(token: nil, protectsReading: false)
        )
    }
}
