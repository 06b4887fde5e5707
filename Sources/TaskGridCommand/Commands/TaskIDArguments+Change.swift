import ArgumentParser
import Foundation
import TaskGridClient
import TaskGridCore

extension TaskIDArguments {
    /// Makes sure that tasks are named by ids, or by options that say which, and not by both.
    func check(against filter: FilterOptions, bulk: BulkOptions) throws {
        let hasOptions = !filter.isEmpty || bulk.state != nil
        if !isEmpty, hasOptions { throw ValidationError("give ids, or options that say which tasks, not both") }
        if isEmpty, !hasOptions {
            throw ValidationError(
                "say which tasks: ids, - for ids from standard input, or --type, --state, --since, --until, --text, --error")
        }
    }

    /// Changes the tasks, and tells each outcome: as a line of JSON, and the reason where one was not changed.
    ///
    /// - Parameters:
    ///   - done: what is so of a task that was changed, such as "cancelled", for the progress.
    ///   - json: whether outcomes are printed as JSON.
    ///   - reason: why a task was not changed; nil where it was.
    ///   - change: changes some of them.
    func change(
        done: String, json: Bool, reason: (CommandOutcome) -> String?, by change: ([TaskID]) async throws -> [CommandOutcome]
    ) async throws -> CommandOutcomeReport {
        var report = CommandOutcomeReport()
        let progress = ProgressBar(done, isWanted: sources.contains(.standardInput))
        defer { progress.clear() }
        try await forEachPart { part, share in
            let outcomes = try await change(part)
            progress.advance(by: part.count, failed: outcomes.count { $0.outcome != .done }, share: share)
            try await progress.hidden {
                for outcome in outcomes {
                    report.add(outcome)
                    if json { try await Output.standard.line(JSON.encode(outcome)) }
                    guard report.undone <= CommandOutcomeReport.told, let reason = reason(outcome) else { continue }
                    Terminal.tell("error: \(reason)\n")
                }
            }
        }
        return report
    }
}
