import Hummingbird
import Logging
import ServiceSupport

/// Turns whatever goes wrong into a problem document.
struct Problems: RouterMiddleware {
    typealias Context = WebContext

    /// A request failed with an answer of 500.
    let name: String
    /// The paths that exist and the methods that each takes: another method on one of them is a 405, another path a 404.
    private let routes: [(path: PathPattern, methods: String)]

    init(name: String, routes: [Route]) {
        self.name = name
        self.routes = Dictionary(grouping: routes) { PathPattern($0.path) }.map { path, routes in
            let methods = routes.flatMap { $0.method == .get ? ["GET", "HEAD"] : ["POST"] }
            return (path, methods.joined(separator: ", "))
        }.sorted { $0.path.text < $1.path.text }
    }

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            return problem.response
        } catch let error as any HTTPResponseError {
            return problem(for: error, request).response
        } catch {
            context.logger.error(
                "request failed", metadata: [LogKey.error: "\(error)", LogKey.httpPath: "\(request.uri.path.prefix(200))"])
            return Problem(status: .internalServerError, detail: "\(name) failed; its log says why").response
        }
    }

    private func problem(for error: any HTTPResponseError, _ request: Request) -> Problem {
        let path = request.uri.path
        guard error.status == .notFound else { return Problem(status: error.status, detail: "the request cannot be served") }
        if let route = routes.first(where: { $0.path.matches(path) }) {
            return Problem(status: .methodNotAllowed, detail: "\(path.prefix(200)) takes \(route.methods) only", allow: route.methods)
        }
        let there = routes.map(\.path.text).joined(separator: ", ")
        return Problem(status: .notFound, detail: "there is nothing here; there is \(there)")
    }
}
