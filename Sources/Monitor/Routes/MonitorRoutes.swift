import ServiceSupport
import TaskGridCore
import WebSupport

/// The whole REST interface: every route that the monitor serves, behind its guard.
struct MonitorRoutes: Sendable {
    let routes: [Route]

    init(
        _ grid: GridState, depths: QueueDepths, history: GridHistory, queryClient: MonitorQueries, access: Guard,
        health: @escaping @Sendable () -> HealthReport
    ) {
        let described: [Route] = [
            .stats(StatisticsPage(grid: grid)), .workers(grid), .types(grid), .queues(grid, depths), .history(history, grid),
            .events(grid), .scale(grid), .scaleOfType(grid), .metrics(grid, depths, guesses: access.guesses),
            .health(of: "the monitor", report: health),
            .tasks(queryClient, now: grid.now), .task(queryClient), .failures(queryClient, now: grid.now),
            .bulkCount(queryClient, now: grid.now), .startBulk(queryClient, now: grid.now), .bulkActions(queryClient),
            .stopBulk(queryClient),
            .askWorker(queryClient, grid),
            .cancel(queryClient),
            .retry(queryClient), .pause(queryClient),
            .resume(queryClient), .dashboard, .asset,
        ]
        routes = (described + [.openAPI(describing: described)]).map(access.guarding)
    }
}
