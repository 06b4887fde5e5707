import WebSupport

/// A route as OpenAPI describes it.
struct OpenAPIOperation: Encodable {
    private struct Parameter: Encodable {
        var name: String
        var place: String
        var required: Bool
        var example: String?
        var description: String
        var schema: JSONSchema

        private enum CodingKeys: String, CodingKey {
            case name, required, example, description, schema
            case place = "in"
        }

        init(_ parameter: any AnyRouteParameter) {
            name = parameter.name
            place = parameter.place.rawValue
            required = parameter.isRequired
            example = parameter.example
            description = parameter.summary
            schema = parameter.schema
        }
    }

    private struct Media: Encodable {
        var schema: JSONSchema
    }

    private struct Response: Encodable {
        var description: String
        /// By their media types.
        var content: [String: Media]
    }

    private var operationId: String
    private var summary: String
    /// The credentials of which a request must show one: none at all, or a token with a role.
    private var security: [[String: [String]]]
    private var parameters: [Parameter]
    private var responses: [String: Response]

    init(_ route: Route) {
        operationId = route.id
        summary = route.summary
        security =
            switch route.access {
            case .open: []
            case .needs(.viewer): [[:], ["token": [Role.viewer.rawValue]]]
            case .needs(let role): [["token": [role.rawValue]]]
            }
        parameters = route.parameters.map(Parameter.init)
        let content: [String: Media] =
            switch route.content {
            case .json(let schema): ["application/json": Media(schema: schema)]
            case .text(let types): Dictionary(types.map { ($0, Media(schema: .string)) }) { first, _ in first }
            }
        responses = ["200": Response(description: "All went well.", content: content)]
        for (status, meaning) in route.alike { responses["\(status)"] = Response(description: meaning, content: content) }
        for (status, meaning) in Self.problems(of: route) {
            let problem = ["application/problem+json": Media(schema: Problem.schema)]
            responses["\(status)"] = Response(description: meaning, content: problem)
        }
    }

    /// A route's own problems, and those of every route.
    private static func problems(of route: Route) -> [Int: String] {
        var problems = [
            400: "A parameter is wrong, or HTTP/1.1 without a `Host`; the detail says which and what it takes.",
            413: "The request has a body that is too large; none is needed.",
            421: "The `Host` is no name of the monitor: an address, `localhost` or one of `monitor.hosts`.",
        ]
        if route.access != .open {
            problems[401] = "The token is missing or is not the right one."
            problems[403] =
                route.access == .needs(.viewer)
                ? "Reading needs a token, and none is configured; or the token is not for this type."
                : "The token lacks the role or is not for this type, none is configured, or the request is from a page from elsewhere."
            problems[429] = "Too many wrong tokens came from this address; `Retry-After` says when to ask again."
        }
        return problems.merging(route.problems) { $1 }
    }
}
