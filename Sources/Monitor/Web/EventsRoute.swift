import HTTPTypes
import Hummingbird
import WebSupport

/// What `/events` answers: a stream of server-sent events that does not end, resumable by `Last-Event-ID`.
struct EventsRoute: Sendable {
    let board: Board

    private static let lastEventID = HTTPField.Name("last-event-id")

    @Sendable func get(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let kinds = try QueryParameters(request, allowed: ["kind"]).kinds()
        let last = Self.lastEventID.flatMap { request.headers[$0] }
        guard
            let listener = board.broadcast.listen(
                after: last.flatMap(UInt64.init), kinds: kinds, view: LiveView(board.current, at: board.now())
            )
        else {
            throw Problem(
                status: .serviceUnavailable, detail: "\(Broadcast.maximumListeners) listen already, which is the most; try again later",
                retryAfter: .seconds(5)
            )
        }
        let body = ResponseBody { writer in
            try await writer.write(ServerSentEvent.opening)
            for try await events in listener.mailbox.deliveries where !events.isEmpty { try await writer.write(contentsOf: events) }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "text/event-stream"], body: body)
    }
}
