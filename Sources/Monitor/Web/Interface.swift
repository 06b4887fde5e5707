import ServiceSupport
import TaskGridCore
import WebSupport

/// The whole REST interface: every route that the monitor serves, behind its guard.
struct Interface: Sendable {
    let routes: [Route]

    init(
        _ board: Board, depths: QueueDepths, history: History, queryClient: QueryClient, access: Guard,
        health: @escaping @Sendable () -> HealthReport
    ) {
        let described: [Route] = [
            .stats(StatisticsPage(board: board)), .workers(board), .types(board), .queues(board, depths), .history(history, board),
            .events(board), .scale(board), .scaleOfType(board), .metrics(board, depths), .health(of: "the monitor", report: health),
            .tasks(queryClient, now: board.now), .task(queryClient), .cancel(queryClient), .retry(queryClient), .pause(queryClient),
            .resume(queryClient), .dashboard, .asset,
        ]
        routes = (described + [.openAPI(describing: described)]).map(access.guarding)
    }
}
