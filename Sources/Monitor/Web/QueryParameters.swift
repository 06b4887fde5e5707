import HTTPTypes
import TaskGridCore
import WebSupport

/// The parameters of `/workers`.
extension QueryParameters {
    func type() throws(Problem) -> TaskType? {
        guard let value = self["type"] else { return nil }
        do {
            return try TaskType(value)
        } catch {
            throw Problem(status: .badRequest, detail: "parameter 'type': \(error)")
        }
    }

    /// In whole seconds.
    func drainTarget() throws(Problem) -> Duration {
        guard let value = self["drain_seconds"] else { return .seconds(ScalesReport.standardTarget) }
        guard let seconds = Int(value), seconds.description == value, ScalesReport.targets.contains(seconds) else {
            throw Self.bad("drain_seconds", value, "\(ScalesReport.targets.lowerBound) to \(ScalesReport.targets.upperBound)")
        }
        return .seconds(seconds)
    }

    /// The kinds of events, with commas between them; all where none is named.
    func kinds() throws(Problem) -> Set<ServerSentEvent.Kind> {
        guard let value = self["kind"] else { return Set(ServerSentEvent.Kind.allCases) }
        var kinds: Set<ServerSentEvent.Kind> = []
        for name in value.split(separator: ",", omittingEmptySubsequences: false) {
            guard let kind = ServerSentEvent.Kind(rawValue: String(name)), kind != .change else {
                let known = ServerSentEvent.Kind.allCases.filter { $0 != .change }.map(\.rawValue)
                throw Self.bad("kind", value, known.joined(separator: ", "))
            }
            kinds.insert(kind)
        }
        return kinds
    }

    func window() throws(Problem) -> HistoryWindow {
        guard let value = self["window"] else { return .hour }
        guard let window = HistoryWindow(rawValue: value) else {
            throw Self.bad("window", value, HistoryWindow.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return window
    }

    func state() throws(Problem) -> WorkerStatistics.State? {
        guard let value = self["state"] else { return nil }
        guard let state = WorkerStatistics.State(rawValue: value) else {
            throw Self.bad("state", value, WorkerStatistics.State.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return state
    }
}
