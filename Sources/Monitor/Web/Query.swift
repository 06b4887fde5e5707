import HTTPTypes
import Health
import TaskGridCore

/// The parameters of `/workers`.
extension Query {
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
