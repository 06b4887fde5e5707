import AMQP
import Health
import Hummingbird
import TaskGridCore

/// The REST interface: what each path answers.
struct Routes: Sendable {
    let board: Board
    let depths: QueueDepths
    let health: @Sendable () -> HealthReport

    var gets: [String: WebServer.Handler] {
        ["/stats": stats, "/workers": workers, "/queues": queues, "/healthz": HealthRoute(report: health).get]
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
}
