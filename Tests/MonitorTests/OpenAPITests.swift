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
    private let routes: [Route]
    private let document: JSONTree

    init() async throws {
        routes = try await MonitorRoutes.sample().routes
        document = try JSON.decode(JSONTree.self, JSON.encode(OpenAPI(routes)))
    }

    @Test func `every route is described, and nothing else`() {
        let described = document["paths"].members.flatMap { path, methods in methods.members.keys.map { "\($0) \(path)" } }
        #expect(described.sorted() == routes.map { "\($0.method.rawValue) \($0.path)" }.sorted())
    }

    @Test func `routes have ids of their own, and declare each parameter of their path`() {
        #expect(Set(routes.map(\.id)).count == routes.count)
        for route in routes {
            let inPath = route.parameters.filter { $0.place == .path }.map(\.name)
            let expected = route.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
            #expect(inPath == expected, "\(route.path)")
            #expect(Set(route.parameters.map(\.name)).count == route.parameters.count, "\(route.path)")
        }
    }

    @Test func `every reference leads somewhere, and no two schemas have the same name`() {
        var references: Set<String> = []
        func look(_ value: JSONTree) {
            switch value {
            case .object(let members):
                if let reference = value["$ref"].string { references.insert(String(reference.dropFirst("#/components/schemas/".count))) }
                members.values.forEach(look)
            case .array(let items): items.forEach(look)
            case .null, .bool, .number, .string: break
            }
        }
        look(document)
        #expect(references == Set(document["components"]["schemas"].members.keys))
        let schemas = routes.reduce(into: Problem.schema.components) { schemas, route in
            if case .json(let schema) = route.content { schemas.formUnion(schema.components) }
            for parameter in route.parameters { schemas.formUnion(parameter.schema.components) }
        }
        #expect(Dictionary(grouping: schemas, by: \.name).allSatisfy { $1.count == 1 })
    }

    @Test func `the module's documentation names every path`() throws {
        let article = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/Monitor/Monitor.docc/Monitor.md")
        let text = try String(contentsOf: article, encoding: .utf8)
        for route in routes { #expect(text.contains("`\(route.path)"), "\(route.path)") }
    }

    @Test func `it is served as JSON, indented for people`() async throws {
        let application = Application(router: WebServer.router(routes, of: "the monitor"), logger: .silent)
        let response = try await application.test(.router) { try await $0.execute(uri: "/openapi.json?pretty", method: .get) }
        #expect(response.status == .ok && response.headers[.contentType] == "application/json")
        #expect(try JSON.decode(JSONTree.self, Data(response.body.readableBytesView)) == document)
        #expect(String(buffer: response.body).hasPrefix("{\n  \"components\""))
    }
}
