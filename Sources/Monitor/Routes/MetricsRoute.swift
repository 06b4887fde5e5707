import Hummingbird
import WebSupport

extension Route {
    static func metrics(_ grid: GridState, _ depths: QueueDepths, guesses: GuessLimit) -> Route {
        Route(
            .get, "/metrics", id: "metrics", summary: "Everything as Prometheus reads it.", access: .needs(.viewer),
            content: .text(["text/plain"])
        ) { _ in
            // Without the broker all else is told.
            let queues = try? await depths.report()
            let text = GridMetrics.text(
                grid.current, queues: queues, listeners: grid.broadcast.listeners, guesses: guesses.counts, at: grid.now())
            return Response(
                status: .ok, headers: [.contentType: Exposition.contentType, .contentLength: "\(text.readableBytes)"],
                body: ResponseBody(byteBuffer: text)
            )
        }
    }
}
