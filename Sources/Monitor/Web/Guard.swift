import HTTPTypes
import Hummingbird
import Logging
import ServiceSupport
import TaskGridCore
import WebSupport

/// The rules of who may read, and who may have something done.
///
/// Things are done for the holders of tokens, as their roles say, and never for a page from elsewhere. Reading needs a token only where that
/// is configured. Each action is written down.
struct Guard: Sendable {
    /// The tokens that a request can show; none: every change is refused.
    let tokens: AccessTokens
    let protectsReading: Bool
    let guesses: GuessLimit
    let audit: AuditLog
    let logger: Logger
    let now: @Sendable () -> Timestamp

    private static let theToken = "monitor.token, one of monitor.tokens-file, or the one that 'taskgrid up' prints"

    /// - Throws: `MonitorError` where a file that the configuration names cannot be used.
    init(_ configuration: MonitorConfiguration, logger: Logger) throws(MonitorError) {
        self.init(
            try AccessTokens(
                token: configuration.token, tokenFile: configuration.tokenFile, tokensFile: configuration.tokensFile, logger: logger),
            protectsReading: configuration.protectsReading, audit: try AuditLog(configuration.auditFile, logger: logger), logger: logger
        )
    }

    init(
        _ tokens: AccessTokens, protectsReading: Bool, guesses: GuessLimit = GuessLimit(), audit: AuditLog, logger: Logger,
        now: @escaping @Sendable () -> Timestamp = { .now() }
    ) {
        self.tokens = tokens
        self.protectsReading = protectsReading
        self.guesses = guesses
        self.audit = audit
        self.logger = logger
        self.now = now
    }

    /// A route, behind the guard.
    func guarding(_ route: Route) -> Route {
        switch route.access {
        case .open: return route
        case .needs(.viewer):
            guard protectsReading else { return route }
            return route.guarded { request, context, answer in try await answer(try caller(of: request, context)) }
        case .needs(let role):
            return route.guarded { request, context, answer in
                var who: String?
                func record(_ outcome: AuditEntry.Outcome, status: Int, detail: String? = nil) async {
                    await audit.record(
                        AuditEntry(
                            at: now(), who: who, address: context.address, action: route.id, request: request.uri.description,
                            outcome: outcome, status: status, detail: detail
                        ))
                }
                do {
                    try Self.checkOrigin(request)
                    let caller = try caller(of: request, context)
                    who = caller.name
                    try caller.check(role)
                    let response = try await answer(caller)
                    await record(.done, status: response.status.code)
                    return response
                } catch let problem as Problem {
                    // Requests without a token are anybody's, and as many as somebody likes to send. Wrong tokens are limited.
                    if who != nil || problem.status == .unauthorized && Self.secret(in: request) != nil {
                        await record(problem.status.code < 500 ? .refused : .failed, status: problem.status.code, detail: problem.detail)
                    }
                    throw problem
                } catch {
                    await record(.failed, status: 500, detail: "\(error)")
                    throw error
                }
            }
        }
    }

    /// The holder of the token that a request shows.
    private func caller(of request: Request, _ context: WebContext) throws(Problem) -> Caller {
        guard !tokens.isEmpty else {
            throw Problem(
                status: .forbidden,
                detail: "this needs a token, and none is configured (monitor.token, monitor.tokens-file); use the taskgrid command"
            )
        }
        guard let secret = Self.secret(in: request) else {
            throw Problem(status: .unauthorized, detail: "this needs a token, as 'Authorization: Bearer TOKEN': \(Self.theToken)")
        }
        let digest = AccessToken.digest(of: secret)
        if let wait = guesses.wait(of: digest, from: context.origin) {
            throw Problem(
                status: .tooManyRequests, detail: "too many wrong tokens came from this address; try again later", retryAfter: wait)
        }
        guard let token = tokens.token(of: digest) else {
            if guesses.noteWrong(digest, from: context.origin) {
                logger.warning(
                    "wrong tokens, refusing further ones from this address", metadata: [LogKey.accessAddress: "\(context.address)"])
            }
            throw Problem(status: .unauthorized, detail: "the token is not the right one: that is \(Self.theToken)")
        }
        guesses.noteRight(digest, from: context.origin)
        return token.caller
    }

    private static func secret(in request: Request) -> String? {
        // One or more spaces follow the scheme (RFC 9110 section 11.4).
        let parts = (request.headers[.authorization] ?? "").split(separator: " ")
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
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
