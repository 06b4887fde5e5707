import TaskGridCore

extension LiveView {
    /// Each part of the report, encoded.
    init(_ report: LiveReport) {
        head = JSON.shown(report.head)
        lists = ["alerts": JSON.shown(report.alerts), "events": JSON.shown(report.events)]
        var (types, workers) = (Rows(), Rows())
        for (type, row) in report.types { types.add(type.name, row) }
        for (id, row) in report.workers { workers.add(id, row) }
        tables = ["types": types, "workers": workers]
    }

    init(_ state: GridState.Snapshot, at now: Timestamp) { self.init(LiveReport(state, at: now)) }
}
