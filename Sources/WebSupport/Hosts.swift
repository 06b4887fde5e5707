import Foundation
import HTTPTypes
import Hummingbird

/// Refuses requests that were meant for another host (RFC 9110, sections 7.2 and 15.5.20).
///
/// A page from elsewhere can have its own name lead to this machine (DNS rebinding); to a browser the service is then part of
/// that page's site. The browser still says which name it asked: so what is not asked by an address, as `localhost`, or by a
/// configured name is refused. A request of HTTP/1.0 without `Host`, which no browser sends, is let through; ``RequestHost`` gives one of
/// HTTP/1.1 an empty one, which is a bad request (RFC 9112, section 3.2).
struct Hosts: RouterMiddleware {
    typealias Context = WebContext

    /// In lower case.
    private let names: Set<String>
    /// The key that the names are configured under, for the error that says so.
    private let key: String

    init(_ allowed: AllowedHosts) {
        names = Set(allowed.names.map { $0.lowercased() } + ["localhost"])
        key = allowed.key
    }

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        // Of several `Host` fields the first is the authority, and the others stay among the headers.
        let others = HTTPField.Name("host").map { request.headers[values: $0] } ?? []
        for host in (request.head.authority.map { [$0] } ?? []) + others where !isOurs(host) {
            guard !host.isEmpty else {
                return Problem(status: .badRequest, detail: "the request names no host: HTTP/1.1 needs the header Host").response
            }
            return Problem(
                status: .misdirectedRequest,
                detail: """
                    '\(host.prefix(100))' is no name of this service: ask by its address or as localhost, or add the name to \
                    \(key) where it is right
                    """
            ).response
        }
        return try await next(request, context)
    }

    /// Whether a `Host`, which may have a port, is an address or one of the names.
    func isOurs(_ host: String) -> Bool {
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]"), Self.isPort(host[host.index(after: end)...]) else { return false }
            return Self.isAddress(String(host[host.index(after: host.startIndex)..<end]), AF_INET6)
        }
        let name = host.prefix { $0 != ":" }
        guard Self.isPort(host[name.endIndex...]) else { return false }
        // A name may end with the dot of the root.
        let plain = name.lowercased()
        return Self.isAddress(plain, AF_INET) || names.contains(plain.hasSuffix(".") ? String(plain.dropLast()) : plain)
    }

    /// The part after the host: nothing, or a colon and a port, which may be empty.
    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || text.first == ":" && text.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isAddress(_ text: String, _ family: Int32) -> Bool {
        var address = in6_addr()
        return inet_pton(family, text, &address) == 1
    }
}

/// The names that a web server is asked by, besides any address and `localhost`.
package struct AllowedHosts: Hashable, Sendable {
    package var names: [String]
    /// The key that they are configured under, such as `monitor.hosts`.
    package var key: String

    package init(_ names: [String], key: String) {
        self.names = names
        self.key = key
    }
}
