import Hummingbird
import TaskGridCore
import WebSupport

/// The description of the REST interface, OpenAPI 3.1: what `/openapi.json` answers.
///
/// It is made of the operations and the schemas that stand in this folder. Tests hold it to the paths that are served, and a
/// script holds the answers to it.
enum OpenAPI {
    static let path = "/openapi.json"

    static let document = """
        {
        "openapi": "3.1.0",
        "info": {
        "title": "TaskGrid+ monitor",
        "version": \(quoted(TaskGridVersion.current)),
        "summary": "What a task grid does, and what it is told to do.",
        "description": "Times are RFC 3339 in UTC with milliseconds. Every GET that answers JSON takes `pretty`. A parameter that is not known, given twice or of a value that it does not take is refused."
        },
        "paths": {
        \(paths)
        },
        "components": {
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "monitor.token; `taskgrid up` prints the one that it makes."}},
        "schemas": {
        \(schemas)
        }
        }
        }

        """

    /// Operations of one path stand together.
    private static var paths: String {
        Dictionary(grouping: Operation.all, by: \.path).sorted { $0.key < $1.key }.map { path, operations in
            let methods = operations.map { "\(quoted($0.method.rawValue)): \($0.text)" }
            return "\(quoted(path)): {\(methods.joined(separator: ",\n"))}"
        }.joined(separator: ",\n")
    }

    private static var schemas: String { [Schemas.tasks, Schemas.grid, Schemas.times].joined(separator: ",\n") }

    /// A text as JSON has it.
    static func quoted(_ text: String) -> String { String(decoding: JSON.encode(text), as: UTF8.self) }

    @Sendable static func get(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        // It is written for people as it is.
        _ = try QueryParameters(request, allowed: ["pretty"]).isPretty()
        let body = ByteBuffer(string: document)
        return Response(
            status: .ok, headers: [.contentType: "application/json", .contentLength: "\(body.readableBytes)"],
            body: ResponseBody(byteBuffer: body)
        )
    }
}
