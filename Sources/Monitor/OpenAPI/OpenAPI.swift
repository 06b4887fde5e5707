import Foundation
import TaskGridCore
import WebSupport

/// The description of the REST interface, OpenAPI 3.1, made of its routes.
struct OpenAPI: Encodable {
    /// The interface that it describes.
    private struct Info: Encodable {
        var title = "TaskGrid+ monitor"
        var version = TaskGridVersion.current
        var summary = "The state of a task grid, and commands to it."
        var description = """
            Times are RFC 3339 in UTC with milliseconds. Every GET that answers JSON takes `pretty`. A parameter that is not known, given \
            twice or of a value that it does not take is refused.
            """
    }

    private struct Components: Encodable {
        var securitySchemes = [
            "token": [
                "type": "http", "scheme": "bearer",
                "description": "monitor.token or one of monitor.tokens-file, which has roles; `taskgrid up` prints the one that it makes.",
            ]
        ]
        var schemas: [String: JSONSchema]
    }

    private var openapi = "3.1.0"
    private var info = Info()
    /// Of each path and method.
    private var paths: [String: [String: OpenAPIOperation]]
    private var components: Components

    init(_ routes: [Route]) {
        paths = Dictionary(grouping: routes, by: \.path).mapValues { routes in
            Dictionary(routes.map { ($0.method.rawValue, OpenAPIOperation($0)) }) { first, _ in first }
        }
        let schemas = routes.reduce(into: Problem.schema.components) { schemas, route in
            if case .json(let schema) = route.content { schemas.formUnion(schema.components) }
            for parameter in route.parameters { schemas.formUnion(parameter.schema.components) }
        }
        components = Components(schemas: Dictionary(schemas.map { ($0.name ?? "", $0.definition) }) { first, _ in first })
    }
}
