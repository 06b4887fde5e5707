package import Hummingbird

/// A route of a REST interface as one value: its method and path, its parameters, who may ask, what it answers and how.
///
/// All that concerns a route derives from it: the router, the checks of its parameters, the guard and the OpenAPI document.
package struct Route: Sendable {
    package enum Method: String, Sendable {
        /// HEAD too.
        case get
        case post
    }

    /// The access that a request needs.
    package enum Access: Hashable, Sendable {
        /// Anybody.
        case open
        /// Callers with a role. Reading can be open to anybody all the same, as the service is set up.
        case needs(Role)
    }

    /// The body of an answer.
    package enum Body: Sendable {
        case json(JSONSchema)
        case text([String])
    }

    package let method: Method
    /// In which `{name}` stands for any one part.
    package let path: String
    /// Its name, which no other has.
    package let id: String
    package let summary: String
    package let access: Access
    package let parameters: [any AnyRouteParameter]
    package let content: Body
    /// Other statuses with the same content, and what each means.
    package let alike: [Int: String]
    /// The statuses of its problems, besides those of every route, and what each means.
    package let problems: [Int: String]
    /// The handler of a request.
    package private(set) var handler: WebServer.Handler
    private let answer: @Sendable (Request, WebContext, Caller) async throws -> Response

    /// A check that comes before all else. It says who asks, to have the request answered, or throws a `Problem`.
    package typealias Check =
        @Sendable (
            Request, WebContext, _ answer: (Caller) async throws -> Response
        ) async throws -> Response

    /// - `checksQuery`: whether a query parameter that it does not know is refused.
    /// - `respond`: what answers a request whose parameters are right. It throws `Problem`.
    package init(
        _ method: Method, _ path: String, id: String, summary: String, access: Access, parameters: [any AnyRouteParameter] = [],
        checksQuery: Bool = true, content: Body, alike: [Int: String] = [:], problems: [Int: String] = [:],
        respond: @escaping @Sendable (RouteCall) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.id = id
        self.summary = summary
        self.access = access
        self.parameters = parameters
        self.content = content
        self.alike = alike
        self.problems = problems
        answer = { request, context, caller in
            try await respond(try RouteCall(request, context, from: caller, parameters: parameters, checksQuery: checksQuery))
        }
        handler = { [answer] request, context in try await answer(request, context, .anyone) }
    }

    /// A GET that answers a report, indented with `pretty`.
    package static func get<Report: WebReport>(
        _ path: String, id: String, summary: String, parameters: [any AnyRouteParameter] = [], problems: [Int: String] = [:],
        report: @escaping @Sendable (RouteCall) async throws -> Report
    ) -> Route {
        Route(
            .get, path, id: id, summary: summary, access: .needs(.viewer), parameters: [RouteParameter.pretty] + parameters,
            content: .json(Report.schema), problems: problems
        ) { call in
            .json(try await report(call), pretty: try call.value(of: .pretty))
        }
    }

    /// A POST that does something, and answers a report of what it did.
    package static func post<Report: WebReport>(
        _ path: String, id: String, summary: String, parameters: [any AnyRouteParameter] = [], problems: [Int: String] = [:],
        report: @escaping @Sendable (RouteCall) async throws -> Report
    ) -> Route {
        Route(
            .post, path, id: id, summary: summary, access: .needs(.operator), parameters: parameters, content: .json(Report.schema),
            problems: problems
        ) { call in
            .json(try await report(call))
        }
    }

    /// The route behind a check.
    package func guarded(by check: @escaping Check) -> Route {
        var route = self
        route.handler = { [answer] request, context in
            try await check(request, context) { caller in try await answer(request, context, caller) }
        }
        return route
    }
}
