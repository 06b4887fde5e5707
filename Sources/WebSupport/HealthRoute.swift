package import Hummingbird
package import ServiceSupport

/// What `/healthz` answers. It takes `pretty`.
package struct HealthRoute: Sendable {
    /// Where it is.
    package static let path = "/healthz"

    private let report: @Sendable () -> HealthReport

    package init(report: @escaping @Sendable () -> HealthReport) {
        self.report = report
    }

    @Sendable package func get(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let isPretty = try QueryParameters(request, allowed: ["pretty"]).isPretty()
        let report = report()
        return .json(report, status: report.healthy ? .ok : .serviceUnavailable, pretty: isPretty)
    }
}
