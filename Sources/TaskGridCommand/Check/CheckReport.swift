import Foundation
import TaskGridCore

/// All that a check has found.
struct CheckReport: Hashable {
    let findings: [Finding]

    func count(_ level: Finding.Level) -> Int { findings.count { $0.level == level } }

    /// For people: a line for each finding, under it what to do, and last a summary. At most `width` columns wide where that is given.
    func lines(width: Int?) -> [String] {
        var table = Table(headings: [])
        table.rows = findings.flatMap { finding in
            let line = [finding.level.rawValue, finding.subject.rawValue, Terminal.plain(finding.found)]
            return [line] + (finding.advice.map { [["", "", "→ \(Terminal.plain($0))"]] } ?? [])
        }
        return table.lines(width: width) + ["", summary]
    }

    private var summary: String {
        let (problems, warnings, fine) = (count(.problem), count(.warning), count(.ok))
        func number(_ count: Int, _ what: String) -> String { "\(count == 0 ? "no" : "\(count)") \(what)\(count == 1 ? "" : "s")" }
        return "\(number(problems, "problem")), \(number(warnings, "warning")), \(fine) ok"
    }

    /// For programs: one object.
    var json: Data {
        struct Document: Encodable {
            let checks: [Finding]
            let problems: Int
            let warnings: Int
            let ok: Int
        }
        return JSON.encode(Document(checks: findings, problems: count(.problem), warnings: count(.warning), ok: count(.ok)))
    }
}
