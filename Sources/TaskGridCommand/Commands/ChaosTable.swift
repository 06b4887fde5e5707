import Chaos
import Foundation

/// The report of a chaos run as people read it.
struct ChaosTable {
    let report: ChaosReport
    /// Whether the fault `refuse` is among those of the run, injected or not.
    private let refuses: Bool

    init(_ report: ChaosReport, refuses: Bool = false) {
        self.report = report
        self.refuses = refuses
    }

    func lines(width: Int?) -> [String] {
        let seconds = report.seconds.formatted(.number.precision(.fractionLength(1)))
        let head = ["seed \(report.seed), \(seconds) s", ""]
        let notes = notes.flatMap { note in width.map { Line.wrapped(note, width: $0) } ?? [note] }
        return head + tasks.lines(width: width) + (report.faults.isEmpty ? [] : [""] + faults.lines(width: width))
            + (notes.isEmpty ? [] : [""] + notes) + details
    }

    /// What the tables do not say by themselves.
    private var notes: [String] {
        var notes: [String] = []
        if report.failed > 0 {
            let mayHave = ", as one in \(Load.largeEvery) has to with the fault refuse: its result is over the broker's size limit"
            notes.append("failed: the task ended with an error\(refuses ? mayHave : "").")
        }
        if report.faults.contains(where: { $0.skipped > 0 }) {
            notes.append(
                "LEFT OUT: faults that were planned and not possible at their time, because a process did not run or had no connection, "
                    + "for example.")
        }
        return notes
    }

    private var tasks: Table {
        var table = Table(headings: ["TASKS", "COUNT"], numeric: [1])
        func row(_ name: String, _ count: Int, always: Bool = true) {
            if always || count > 0 { table.rows.append([name, Terminal.grouped(count)]) }
        }
        row("submitted", report.submitted)
        row("not accepted", report.refused.count, always: false)
        row("never answered", report.unanswered.count, always: false)
        row("accepted", report.accepted)
        row("accepted twice", report.acceptedTwice.count, always: false)
        row("ended", report.ended)
        row("  succeeded", report.succeeded)
        row("  failed", report.failed, always: false)
        row("  failed as poison", report.failedAsPoison, always: false)
        row("  cancelled", report.cancelled, always: false)
        row("  expired", report.expired, always: false)
        row("lost", report.lost.count)
        row("ended twice", report.endedTwice.count)
        row("executed more than once", report.executedMoreThanOnce)
        row("wrong results", report.wrong.count)
        return table
    }

    private var faults: Table {
        var table = Table(headings: ["FAULT", "INJECTED", "LEFT OUT", "LONGEST RECOVERY"], numeric: [1, 2, 3], lesser: [2])
        table.rows = report.faults.map { row in
            let recovery = row.longestRecovery.map(Self.time) ?? "–"
            return [
                row.fault.rawValue, "\(row.injected)", "\(row.skipped)",
                row.withoutRecovery > 0 ? "\(recovery), \(row.withoutRecovery) never" : recovery,
            ]
        }
        return table
    }

    /// The first of those that went wrong.
    private var details: [String] {
        var lines: [String] = []
        func list(_ what: String, _ values: [some CustomStringConvertible]) {
            guard !values.isEmpty else { return }
            lines.append("\(what): \(values.prefix(10).map(\.description).joined(separator: ", "))\(values.count > 10 ? ", …" : "")")
        }
        list("lost", report.lost)
        list("ended twice", report.endedTwice)
        list("accepted twice", report.acceptedTwice)
        list("wrong results", report.wrong)
        for cause in RefusalCause.causes(of: report.refused).prefix(10) {
            let others = cause.count > 1 ? "\(Terminal.grouped(cause.count)), such as " : ""
            lines.append("not accepted (\(others)number \(cause.example.number)): \(Terminal.plain(cause.example.reason))")
        }
        return lines.isEmpty ? [] : [""] + lines
    }

    private static func time(_ milliseconds: Double) -> String {
        milliseconds < 1000
            ? "\(Int(milliseconds)) ms" : "\((milliseconds / 1000).formatted(.number.precision(.fractionLength(1)))) s"
    }
}
