public import Hummingbird
public import TaskGridCore

/// What `/healthz` answers. It takes `pretty`.
public struct HealthRoute: Sendable {
    /// Where it is.
    public static let path = "/healthz"

    private let report: @Sendable () -> HealthReport

    public init(report: @escaping @Sendable () -> HealthReport) {
        self.report = report
    }

    @Sendable public func get(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let isPretty = try QueryParameters(request, allowed: ["pretty"]).isPretty()
        let report = report()
        return .json(report, status: report.healthy ? .ok : .serviceUnavailable, pretty: isPretty)
    }
}
