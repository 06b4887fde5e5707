import Synchronization
import TaskGridClient
import TaskGridCore

/// Which payloads were accepted and have not been told of: should the command end early, they are told with their lines and ids.
final class Acceptances: Sendable {
    private let accepted = Mutex<[Int: TaskID]>([:])
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
            switch receipt {
            case .success(let id):
                ids.append(id)
                accepted.withLock { $0[run.firstLine + position] = id }
            case .failure(let error) where failure == nil:
                let reason = Failure(error)
                failure = namesLines ? Failure(reason.code, "line \(run.firstLine + position): \(error.message)") : reason
            case .failure: break
            }
        }
        if let failure { throw failure }
        return ids
    }

    /// A run was told of.
    func told(_ run: PayloadReader.Run) {
        accepted.withLock { accepted in
            for position in run.payloads.indices { accepted[run.firstLine + position] = nil }
        }
    }

    /// What was accepted and not told, a line for each stretch of payloads and of ids that follow each other.
    func untold() -> [String] {
        var stretches: [(lines: ClosedRange<Int>, ids: ClosedRange<Int64>)] = []
        for (line, id) in accepted.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            if let last = stretches.last, last.lines.upperBound == line - 1, last.ids.upperBound == id.rawValue - 1 {
                stretches[stretches.count - 1] = (last.lines.lowerBound...line, last.ids.lowerBound...id.rawValue)
            } else {
                stretches.append((line...line, id.rawValue...id.rawValue))
            }
        }
        return stretches.map { lines, ids in
            lines.count == 1
                ? "line \(lines.lowerBound) was accepted as task \(ids.lowerBound)"
                : "lines \(lines.lowerBound) to \(lines.upperBound) were accepted as tasks \(ids.lowerBound) to \(ids.upperBound)"
        }
    }
}
