import Hummingbird
import Logging

/// Turns whatever goes wrong into a problem document.
struct Problems: RouterMiddleware {
    typealias Context = BasicRequestContext

    static let methods = "GET, HEAD"

    /// What failed, in an answer of 500.
    let name: String
    /// The paths that exist: another method on one of them is a 405, another path a 404.
    let paths: Set<String>

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
            context.logger.error("request failed", metadata: ["error": "\(error)", "http.path": "\(request.uri.path.prefix(200))"])
            return Problem(status: .internalServerError, detail: "\(name) failed; its log says why").response
        }
    }

    private func problem(for error: any HTTPResponseError, _ request: Request) -> Problem {
        let path = request.uri.path
        guard error.status == .notFound else { return Problem(status: error.status, detail: "the request cannot be served") }
        if paths.contains(path) {
            return Problem(
                status: .methodNotAllowed, detail: "\(path) takes \(Self.methods) only", allow: Self.methods
            )
        }
        return Problem(status: .notFound, detail: "there is nothing here; there is \(paths.sorted().joined(separator: ", "))")
    }
}
