import Hummingbird
import WebSupport

extension Route {
    static func metrics(_ board: Board, _ depths: QueueDepths) -> Route {
        Route(
            .get, "/metrics", id: "metrics", summary: "Everything as Prometheus reads it.", access: .reading, content: .text(["text/plain"])
        ) { _ in
            // Without the broker all else is told.
            let queues = try? await depths.report()
            let text = GridMetrics.text(board.current, queues: queues, listeners: board.broadcast.listeners, at: board.now())
            return Response(
                status: .ok, headers: [.contentType: Exposition.contentType, .contentLength: "\(text.readableBytes)"],
                body: ResponseBody(byteBuffer: text)
            )
        }
    }
}
