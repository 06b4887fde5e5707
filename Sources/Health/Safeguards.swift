import HTTPTypes
import Hummingbird

/// Refuses what no request here needs, and sets the headers that keep a browser from doing more with an answer than show
/// it.
struct Safeguards: RouterMiddleware {
    typealias Context = BasicRequestContext

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
        for (name, value) in Self.headers { response.headers[name] = value }
        return response
    }

    private static let headers: [(HTTPField.Name, String)] = [
        (.contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'"),
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
