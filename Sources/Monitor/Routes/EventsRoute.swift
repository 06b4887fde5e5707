import HTTPTypes
import Hummingbird
import WebSupport

extension Route {
    /// A stream of server-sent events that does not end, resumable by `Last-Event-ID`.
    static func events(_ grid: GridState) -> Route {
        Route(
            .get, "/events", id: "events",
            summary: """
                Server-sent events without end: `stats` at the start, `change` each second (a JSON merge patch to it), `worker`, `grid` \
                and `alert` as they come.
                """,
            access: .needs(.viewer), parameters: [RouteParameter.eventKinds, RouteParameter.lastEvent],
            content: .text(["text/event-stream"]),
            problems: [503: "Too many listen already."]
        ) { call in
            guard
                let listener = grid.broadcast.listen(
                    after: try call.value(of: .lastEvent), kinds: try call.value(of: .eventKinds),
                    view: LiveView(grid.current, at: grid.now())
                )
            else {
                throw Problem(
                    status: .serviceUnavailable,
                    detail: "\(Broadcast.maximumListeners) listen already, which is the most; try again later", retryAfter: .seconds(5)
                )
            }
            let body = ResponseBody { writer in
                try await writer.write(ServerSentEvent.opening)
                for try await events in listener.buffer.deliveries where !events.isEmpty { try await writer.write(contentsOf: events) }
                try await writer.finish(nil)
            }
            return Response(status: .ok, headers: [.contentType: "text/event-stream"], body: body)
        }
    }
}

extension RouteParameter where Value == Set<ServerSentEvent.Kind> {
    /// The kinds of events, with commas between them; all where none is named.
    fileprivate static let eventKinds: RouteParameter = {
        let known = ServerSentEvent.Kind.allCases.filter { $0 != .change }
        let one = "(\(known.map(\.rawValue).joined(separator: "|")))"
        return RouteParameter(
            "kind", summary: "Only these kinds, with commas between them; `stats` with its changes.",
            schema: .string(pattern: "^\(one)(,\(one))*$")
        ) { text throws(Problem) in
            guard let text else { return Set(ServerSentEvent.Kind.allCases) }
            var kinds: Set<ServerSentEvent.Kind> = []
            for name in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let kind = known.first(where: { $0.rawValue == name }) else {
                    throw Problem(parameter: "kind", is: text, takes: known.map(\.rawValue).joined(separator: ", "))
                }
                kinds.insert(kind)
            }
            return kinds
        }
    }()
}

extension RouteParameter where Value == UInt64? {
    /// A text that is no number of an event asks for no earlier events.
    fileprivate static let lastEvent = RouteParameter(
        "Last-Event-ID", in: .header, summary: "Goes on after this one, as far as it is still known.", schema: .string
    ) { text in
        text.flatMap(UInt64.init)
    }
}
