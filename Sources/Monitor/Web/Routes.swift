import AMQP
import Hummingbird
import ServiceSupport
import TaskGridCore
import WebSupport

/// The REST interface: what each path answers.
struct Routes: Sendable {
    let board: Board
    let page: StatisticsPage
    let depths: QueueDepths
    let history: History
    let health: @Sendable () -> HealthReport

    var gets: [String: WebServer.Handler] {
        [
            "/stats": stats, "/workers": workers, "/queues": queues, "/healthz": HealthRoute(report: health).get,
            "/events": EventsRoute(board: board).get, "/history": past,
            "/types": types, "/scale": scale, "/scale/{type}": scaleOfType, "/metrics": metrics,
        ]
    }

    @Sendable private func stats(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let query = try QueryParameters(request, allowed: ["pretty"])
        if try query.isPretty() { return .json(StatisticsReport(board.current, at: board.now()), pretty: true) }
        return .json(encoded: page.data())
    }

    @Sendable private func types(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let isPretty = try QueryParameters(request, allowed: ["pretty"]).isPretty()
        return .json(TypesReport(board.current, at: board.now()), pretty: isPretty)
    }

    @Sendable private func scale(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let query = try QueryParameters(request, allowed: ["pretty", "type", "drain_seconds"])
        var report = ScalesReport(board.statistics, target: try query.drainTarget(), at: board.now())
        if let type = try query.type() { report.types = report.types.filter { $0.key == type } }
        return .json(report, pretty: try query.isPretty())
    }

    @Sendable private func scaleOfType(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let query = try QueryParameters(request, allowed: ["pretty", "drain_seconds"])
        let name = context.parameters.get("type") ?? ""
        let report = ScalesReport(board.statistics, target: try query.drainTarget(), at: board.now())
        guard let type = try? TaskType(name), let scale = report.types[type] else {
            throw Problem(status: .notFound, detail: "there is no type '\(name.prefix(TaskType.maximumLength))'; /types has all")
        }
        return .json(scale, pretty: try query.isPretty())
    }

    @Sendable private func metrics(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        _ = try QueryParameters(request, allowed: [])
        // Without the broker all else is told.
        let queues = try? await depths.report()
        let text = GridMetrics.text(board.current, queues: queues, listeners: board.broadcast.listeners, at: board.now())
        return Response(
            status: .ok, headers: [.contentType: Exposition.contentType, .contentLength: "\(text.readableBytes)"],
            body: ResponseBody(byteBuffer: text)
        )
    }

    @Sendable private func past(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let query = try QueryParameters(request, allowed: ["pretty", "type", "window", "until"])
        let isPretty = try query.isPretty()
        let report = try await history.report(
            try query.type(), try query.window(), until: try query.moment("until", now: board.now())
        )
        return .json(report, pretty: isPretty)
    }

    @Sendable private func workers(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let query = try QueryParameters(request, allowed: ["pretty", "type", "state"])
        let report = WorkersReport(board.statistics, type: try query.type(), state: try query.state(), at: board.now())
        return .json(report, pretty: try query.isPretty())
    }

    @Sendable private func queues(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let isPretty = try QueryParameters(request, allowed: ["pretty"]).isPretty()
        do {
            var report = try await depths.report()
            report.broker = board.current.broker
            return .json(report, pretty: isPretty)
        } catch let error as AMQPError {
            throw Problem(status: .serviceUnavailable, detail: "the broker cannot be asked: \(error)")
        }
    }
}
