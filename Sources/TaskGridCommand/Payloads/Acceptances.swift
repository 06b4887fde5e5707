import Synchronization
import TaskGridClient
import TaskGridCore

/// The payloads that were accepted and have not been told of: should the command end early, they are told with their lines and ids.
final class Acceptances: Sendable {
    private struct State {
        /// By the lines of their payloads.
        var accepted: [Int: TaskID] = [:]
        /// Lines of which nobody knows.
        var unknown: [Int] = []
    }

    private let state = Mutex(State())
    private let namesLines: Bool

    /// - Parameter namesLines: the payloads are lines, which errors name.
    init(namesLines: Bool) {
        self.namesLines = namesLines
    }

    /// A run was answered: keeps what was accepted of it.
    ///
    /// - Throws: why the first payload of it was not accepted.
    func add(_ run: PayloadReader.Run, _ receipts: [Result<TaskID, ClientError>]) throws(Failure) -> [TaskID] {
        var ids: [TaskID] = []
        var failure: Failure?
        for (position, receipt) in receipts.enumerated() {
            let line = run.firstLine + position
            switch receipt {
            case .success(let id):
                ids.append(id)
                state.withLock { $0.accepted[line] = id }
            case .failure(let error):
                if error.isOutcomeUnknown || error.code == .cancelled { state.withLock { $0.unknown.append(line) } }
                guard failure == nil else { continue }
                let reason = Failure(error)
                failure = namesLines ? Failure(reason.code, "line \(line): \(error.message)") : reason
            }
        }
        if let failure { throw failure }
        return ids
    }

    /// A run was told of.
    func told(_ run: PayloadReader.Run) {
        state.withLock { state in
            for position in run.payloads.indices { state.accepted[run.firstLine + position] = nil }
        }
    }

    /// A line was told of.
    func told(line: Int) { state.withLock { _ = $0.accepted.removeValue(forKey: line) } }

    /// The payloads that were accepted and not told, a line for each range of payloads and of ids that follow each other;
    /// then those that may have been.
    func untold() -> [String] {
        let state = state.withLock { $0 }
        guard namesLines else { return state.accepted.values.map { "accepted as task \($0)" } }
        var ranges: [(lines: ClosedRange<Int>, ids: ClosedRange<Int64>)] = []
        for (line, id) in state.accepted.sorted(by: { $0.key < $1.key }) {
            if let last = ranges.last, last.lines.upperBound == line - 1, last.ids.upperBound == id.rawValue - 1 {
                ranges[ranges.count - 1] = (last.lines.lowerBound...line, last.ids.lowerBound...id.rawValue)
            } else {
                ranges.append((line...line, id.rawValue...id.rawValue))
            }
        }
        var unknown: [ClosedRange<Int>] = []
        for line in state.unknown.sorted() {
            if let last = unknown.last, last.upperBound == line - 1 {
                unknown[unknown.count - 1] = last.lowerBound...line
            } else {
                unknown.append(line...line)
            }
        }
        let accepted = ranges.map { lines, ids in
            lines.count == 1
                ? "line \(lines.lowerBound) was accepted as task \(ids.lowerBound)"
                : "lines \(lines.lowerBound) to \(lines.upperBound) were accepted as tasks \(ids.lowerBound) to \(ids.upperBound)"
        }
        return accepted
            + unknown.map { lines in
                lines.count == 1
                    ? "line \(lines.lowerBound) may have been accepted"
                    : "lines \(lines.lowerBound) to \(lines.upperBound) may have been accepted"
            }
    }
}
