import WebSupport

extension Route {
    static func stats(_ page: StatisticsPage) -> Route {
        Route(
            .get, "/stats", id: "stats", summary: "Tasks, times and workers, of all and of each type.", access: .needs(.viewer),
            parameters: [RouteParameter.pretty], content: .json(StatisticsReport.schema)
        ) { call in
            guard try call.value(of: .pretty) else { return .json(encoded: page.data()) }
            return .json(StatisticsReport(page.grid.current, at: page.grid.now()), pretty: true)
        }
    }
}
