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

    func state() throws(Problem) -> WorkerStatistics.State? {
        guard let value = self["state"] else { return nil }
        guard let state = WorkerStatistics.State(rawValue: value) else {
            throw Self.bad("state", value, WorkerStatistics.State.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return state
    }
}
