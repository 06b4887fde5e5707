import HTTPTypes
package import ServiceSupport

extension Route {
    package static let healthPath = "/healthz"

    /// Whether a service does its work: 200, or 503 with the reasons.
    package static func health(of service: String, report: @escaping @Sendable () -> HealthReport) -> Route {
        Route(
            .get, healthPath, id: "health", summary: "Whether \(service) does its work.", access: .open,
            parameters: [RouteParameter.pretty],
            content: .json(HealthReport.schema), alike: [503: "It does not; the reasons are there."]
        ) { call in
            let report = report()
            return .json(report, status: report.healthy ? .ok : .serviceUnavailable, pretty: try call.value(of: .pretty))
        }
    }
}

extension HealthReport: WebReport {
    package static let schema = JSONSchema.object([
        "service": .string, "id": .string, "version": .string, "healthy": .boolean,
        "state": .choice(["starting", "standby", "serving", "stopping"]), "reasons": .array(of: .string),
        "loops": .array(of: .object(["name": .string, "state": .choice(["waiting", "working", "ended"]), "seconds": .number])),
        "connections": .array(
            of: .object(
                ["name": .string, "state": .choice(["connected", "blocked", "unconnected", "locked", "closed"]), "seconds": .number],
                optional: ["detail": .string]
            )
        ),
    ]).named("Health")
}
