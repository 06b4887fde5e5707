package import TaskGridCore
import WebSupport

/// An event of the grid, as `/stats` shows it and the event `grid` tells it.
package struct GridEventReport: Encodable, Sendable {
    static let schema = JSONSchema.object([
        "kind": .choice(["started", "stopped", "notice", "warning", "error"]), "service": .string, "at": .time, "message": .string,
    ]).named("GridEvent")

    package var kind: GridEvent.Kind
    package var service: String
    package var at: String
    package var message: String

    init(_ event: GridEvent) {
        kind = event.kind
        service = event.service
        at = event.at.description
        message = event.message
    }
}

extension GridEvent {
    /// With texts of a length that many of them can be kept.
    var cut: GridEvent {
        var event = self
        event.service = String(service.unicodeScalars.prefix(100))
        event.message = String(message.unicodeScalars.prefix(1000))
        return event
    }
}

/// A worker that joined or left, as the event `worker` tells it.
struct WorkerChange: Encodable, Sendable {
    var kind: WorkerEvent.Kind
    @Nullable var reason: WorkerEvent.Reason?
    var at: String
    var worker: String
    var types: [TaskType]
    var host: String

    init(_ event: WorkerEvent) {
        kind = event.kind
        _reason = Nullable(wrappedValue: event.reason)
        at = event.at.description
        worker = event.worker.worker
        types = event.worker.types
        host = event.worker.host
    }
}
