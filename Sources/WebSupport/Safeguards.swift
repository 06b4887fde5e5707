import HTTPTypes
import Hummingbird

/// Refuses what no request here needs, and sets the headers that keep a browser from doing more with an answer than show
/// it. The pages of a service, at `/` and below `/assets/`, may besides load their own scripts, styles and images, and ask
/// the service that they came from; nothing from elsewhere, and nothing inline.
struct Safeguards: RouterMiddleware {
    typealias Context = WebContext

    /// No request here has a use for a body; a small one is read and dropped.
    static let maximumBodySize = 16 << 10

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response =
            if isTooLarge(request) {
                Problem(status: .contentTooLarge, detail: "requests here need no body; at most \(Self.maximumBodySize) bytes").response
            } else {
                try await next(request, context)
            }
        // A page says itself how long it may be kept.
        let kept = Self.isPage(request.uri.path) ? response.headers[.cacheControl] : nil
        for (name, value) in Self.headers { response.headers[name] = value }
        if let kept { response.headers[.cacheControl] = kept }
        response.headers[.contentSecurityPolicy] = Self.isPage(request.uri.path) ? Self.pagePolicy : Self.dataPolicy
        return response
    }

    static let dataPolicy = "default-src 'none'; frame-ancestors 'none'"
    static let pagePolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
        form-action 'none'; frame-ancestors 'none'
        """

    private static func isPage(_ path: String) -> Bool { path == "/" || path.hasPrefix("/assets/") }

    private static let headers: [(HTTPField.Name, String)] = [
        (.xContentTypeOptions, "nosniff"),
        (.cacheControl, "no-store"),
        (HTTPField.Name("referrer-policy"), "no-referrer"),
        (HTTPField.Name("x-frame-options"), "DENY"),
        (HTTPField.Name("cross-origin-resource-policy"), "same-origin"),
    ].compactMap { name, value in name.map { ($0, value) } }

    private func isTooLarge(_ request: Request) -> Bool {
        if let length = request.headers[.contentLength] { return Int(length).map { $0 > Self.maximumBodySize } ?? true }
        return request.headers[.transferEncoding] != nil
    }
}
