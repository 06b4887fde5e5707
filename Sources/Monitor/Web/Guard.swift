import HTTPTypes
import Hummingbird
import WebSupport

/// The rules of who may read, and who may change something.
///
/// Things are done for whoever has the token, and never for a page from elsewhere. Reading needs the token only where that is
/// configured.
struct Guard: Sendable {
    /// The token that a request has to show; nil: every change is refused.
    let token: String?
    let protectsReading: Bool

    /// A route, behind the guard.
    func guarding(_ route: Route) -> Route {
        switch route.access {
        case .open: return route
        case .reading: return protectsReading ? route.guarded(by: checkToken) : route
        case .acting: return route.guarded(by: checkAction)
        }
    }

    @Sendable private func checkAction(_ request: Request) throws(Problem) {
        try Self.checkOrigin(request)
        guard token != nil else {
            throw Problem(
                status: .forbidden, detail: "actions are switched off: no token is configured (monitor.token); use the taskgrid command"
            )
        }
        try checkToken(request)
    }

    @Sendable private func checkToken(_ request: Request) throws(Problem) {
        guard let token else {
            throw Problem(status: .forbidden, detail: "reading needs a token, and none is configured (monitor.token)")
        }
        let header = request.headers[.authorization] ?? ""
        // One or more spaces follow the scheme (RFC 9110 section 11.4).
        let parts = header.split(separator: " ")
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw Problem(
                status: .unauthorized,
                detail: "this needs the token, as 'Authorization: Bearer TOKEN': monitor.token, or the one that 'taskgrid up' prints"
            )
        }
        guard Self.isSame(String(parts[1]), token) else {
            throw Problem(
                status: .unauthorized, detail: "the token is not the right one: that is monitor.token, or the one that 'taskgrid up' prints"
            )
        }
    }

    /// Whether the texts are the same, in a time that does not tell how much of them is.
    static func isSame(_ given: String, _ expected: String) -> Bool {
        let (given, expected) = (Array(given.utf8), Array(expected.utf8))
        guard !expected.isEmpty else { return false }
        var difference = given.count == expected.count ? 0 : 1 as UInt8
        for (index, byte) in given.enumerated() { difference |= byte ^ expected[index % expected.count] }
        return difference == 0
    }

    /// Refuses what a page from elsewhere sends: a browser says where it is from.
    private static func checkOrigin(_ request: Request) throws(Problem) {
        let site = HTTPField.Name("sec-fetch-site").flatMap { request.headers[$0] }
        let origin = request.headers[.origin]
        let isForeign = origin.map { host(of: $0)?.lowercased() != request.head.authority?.lowercased() } ?? false
        guard !isForeign, site != "cross-site" else {
            throw Problem(
                status: .forbidden, detail: "a page from elsewhere (\((origin ?? "another site").prefix(100))) cannot have anything done")
        }
    }

    /// The part after the scheme of an origin, such as `127.0.0.1:8080`; nil where it is none, such as `null`.
    private static func host(of origin: String) -> String? {
        for scheme in ["http://", "https://"] where origin.lowercased().hasPrefix(scheme) { return String(origin.dropFirst(scheme.count)) }
        return nil
    }
}
