/// What one path does for one method, as OpenAPI describes it.
struct Operation {
    enum Method: String {
        case get, post
    }

    /// The body of the answer that all went well.
    enum Answer {
        /// JSON of a schema.
        case json(String)
        case text(_ contentTypes: [String])
    }

    let method: Method
    let path: String
    let id: String
    let summary: String
    var parameters: [Parameter] = []
    let answer: Answer
    /// The other statuses, and what each means.
    var problems: [Int: String] = [:]
    /// Whether it is answered to whoever asks, however the monitor is configured.
    var isOpen = false
    /// Whether 503 has the same body as 200, rather than a problem's.
    var isUnwellAlike = false

    var text: String {
        let own = "\"operationId\": \(OpenAPI.quoted(id)), \"summary\": \(OpenAPI.quoted(summary))"
        let parameters = "\"parameters\": [\(parameters.map(\.text).joined(separator: ", "))]"
        return "{\(own), \(security)\(parameters), \"responses\": {\(responses)}}"
    }

    private var security: String {
        switch method {
        case .post: "\"security\": [{\"token\": []}], "
        case .get: isOpen ? "\"security\": [], " : "\"security\": [{}, {\"token\": []}], "
        }
    }

    private var responses: String {
        var responses = ["\"200\": {\"description\": \"All went well.\", \"content\": {\(content)}}"]
        var problems = problems
        if !isOpen {
            problems[401] = "The token is missing or is not the right one."
            problems[403] =
                method == .post
                ? "No token is configured, or the request is from a page from elsewhere." : "Reading needs a token, and none is configured."
        }
        problems[400] = problems[400] ?? "A parameter is wrong; the detail says which and what it takes."
        problems[421] = "The `Host` is no name of the monitor: an address, `localhost` or one of `monitor.hosts`."
        problems[413] = "The request has a body that is too large; none is needed."
        if isUnwellAlike {
            responses.append("\"503\": {\"description\": \"It does not; the reasons are there.\", \"content\": {\(content)}}")
        }
        for (status, meaning) in problems.sorted(by: { $0.key < $1.key }) {
            let schema = "{\"application/problem+json\": {\"schema\": {\"$ref\": \"#/components/schemas/Problem\"}}}"
            responses.append("\"\(status)\": {\"description\": \(OpenAPI.quoted(meaning)), \"content\": \(schema)}")
        }
        return responses.joined(separator: ", ")
    }

    private var content: String {
        switch answer {
        case .json(let schema): "\"application/json\": {\"schema\": {\"$ref\": \"#/components/schemas/\(schema)\"}}"
        case .text(let types): types.map { "\"\($0)\": {\"schema\": {\"type\": \"string\"}}" }.joined(separator: ", ")
        }
    }
}

/// A parameter of an operation.
struct Parameter {
    let name: String
    /// Where it stands: `query`, `path` or `header`.
    var place = "query"
    let summary: String
    /// Its schema, as JSON.
    let schema: String
    /// A value that a grid is likely to know.
    var example: String?

    var text: String {
        "{\"name\": \"\(name)\", \"in\": \"\(place)\", \"required\": \(place == "path"), "
            + (example.map { "\"example\": \(OpenAPI.quoted($0)), " } ?? "")
            + "\"description\": \(OpenAPI.quoted(summary)), \"schema\": \(schema)}"
    }

    /// A schema that stands among the others.
    static func reference(_ schema: String) -> String { "{\"$ref\": \"#/components/schemas/\(schema)\"}" }

    static let pretty = Parameter(
        name: "pretty", summary: "Indented for people.", schema: #"{"type": "string", "enum": ["", "true", "false", "1", "0"]}"#)
    static let type = Parameter(name: "type", summary: "Only of this type.", schema: Parameter.reference("TaskType"))
    static let typeInPath = Parameter(
        name: "type", place: "path", summary: "The type.", schema: Parameter.reference("TaskType"), example: "sum")
    static let taskInPath = Parameter(
        name: "id", place: "path", summary: "The task's id.", schema: Parameter.reference("TaskID"), example: "1")
}
