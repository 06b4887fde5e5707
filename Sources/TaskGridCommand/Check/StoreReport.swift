import Foundation
import TaskGridCore
import TaskStore

/// An inspection of a store, for people and for programs.
struct StoreReport {
    let inspection: StoreInspection

    init(_ inspection: StoreInspection) { self.inspection = inspection }

    private var findings: CheckReport { CheckReport(findings: inspection.findings.map(Finding.init)) }

    /// A row for each type, then a line for each finding, and last a summary. At most `width` columns wide where that is given.
    func lines(width: Int?) -> [String] {
        let table = Table(
            headings: ["TYPE", "SUBMITTED", "OPEN", "SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "TASKS+KEYS"],
            numeric: [1, 2, 3, 4, 5, 6, 7],
            rows: inspection.types.map { type in
                let numbers = [type.submitted, type.open, type.succeeded, type.failed, type.cancelled, type.expired, type.kept]
                return [type.name.isEmpty ? "(forgotten)" : type.name] + numbers.map { Terminal.grouped(Int($0)) }
            })
        return (inspection.types.isEmpty ? [] : table.lines(width: width) + [""]) + findings.lines(width: width)
    }

    /// One object.
    var json: Data {
        struct Document: Encodable {
            let types: [TypeEntry]
            let checks: [Finding]
            let problems: Int
            let warnings: Int
            let ok: Int
        }
        struct TypeEntry: Encodable {
            let type: String
            let submitted, open, succeeded, failed, cancelled, expired, kept: Int64
        }
        let types = inspection.types.map {
            TypeEntry(
                type: $0.name, submitted: $0.submitted, open: $0.open, succeeded: $0.succeeded, failed: $0.failed, cancelled: $0.cancelled,
                expired: $0.expired, kept: $0.kept)
        }
        return JSON.encode(
            Document(
                types: types, checks: findings.findings, problems: findings.count(.problem), warnings: findings.count(.warning),
                ok: findings.count(.ok)))
    }
}

extension Finding {
    fileprivate init(_ finding: StoreFinding) {
        let level: Level =
            switch finding.level {
            case .ok: .ok
            case .warning: .warning
            case .problem: .problem
            }
        let subject: Subject =
            switch finding.subject {
            case .file: .file
            case .counters: .counters
            case .keys: .keys
            case .rows: .rows
            case .durability: .durability
            }
        self.init(level: level, subject: subject, found: finding.found, advice: finding.advice)
    }
}
