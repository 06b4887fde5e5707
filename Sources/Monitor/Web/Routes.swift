import AMQP
import Hummingbird

/// The REST interface: what each path answers.
struct Routes: Sendable {
    let board: Board
    let depths: QueueDepths
    let isConnected: @Sendable () -> Bool

    func router() -> Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.add(middleware: Safeguards())
        router.add(middleware: Problems(paths: ["/stats", "/workers", "/queues", "/healthz"]))
        router.get("/stats", use: stats)
        router.get("/workers", use: workers)
        router.get("/queues", use: queues)
        router.get("/healthz", use: health)
        return router
    }

    @Sendable private func stats(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let query = try Query(request, allowed: ["pretty"])
        return .json(StatisticsReport(board.statistics, at: board.now()), pretty: try query.isPretty())
    }

    @Sendable private func workers(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let query = try Query(request, allowed: ["pretty", "type", "state"])
        let report = WorkersReport(board.statistics, type: try query.type(), state: try query.state(), at: board.now())
        return .json(report, pretty: try query.isPretty())
    }

    @Sendable private func queues(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let isPretty = try Query(request, allowed: ["pretty"]).isPretty()
        do {
            return .json(try await depths.report(), pretty: isPretty)
        } catch let error as AMQPError {
            throw Problem(status: .serviceUnavailable, detail: "the broker cannot be asked: \(error)")
        }
    }

    @Sendable private func health(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let isPretty = try Query(request, allowed: ["pretty"]).isPretty()
        let report = HealthReport(isConnected: isConnected(), lastEvent: board.lastEvent, at: board.now())
        return .json(report, status: report.isConnected ? .ok : .serviceUnavailable, pretty: isPretty)
    }
}
