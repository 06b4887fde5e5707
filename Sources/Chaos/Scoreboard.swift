import Foundation
import Synchronization
import TaskGridClient
import TaskGridCore

/// The state that all parts of a run share: the ledger and the recoveries, behind one lock.
final class Scoreboard: Sendable {
    private struct State {
        var ledger = ChaosLedger()
        var recoveries = Recoveries()
        var underWay = 0
        var skipped: [Fault: Int] = [:]
        var areFaultsOver = false
    }

    private let start: ContinuousClock.Instant
    private let state = Mutex(State())

    init(start: ContinuousClock.Instant) { self.start = start }

    private var now: Duration { start.duration(to: .now) }

    func injected(_ fault: Fault) { state.withLock { $0.recoveries.injected(fault, at: now) } }
    func skipped(_ fault: Fault) { state.withLock { $0.skipped[fault, default: 0] += 1 } }

    /// - Returns: when it was submitted.
    func submitted(_ number: Int) -> Duration {
        state.withLock { state in
            state.ledger.submitted(number)
            state.underWay += 1
            return now
        }
    }

    func accepted(_ number: Int, as id: TaskID) { state.withLock { $0.ledger.accepted(number, as: id) } }
    func refused(_ number: Int, _ reason: String) { state.withLock { $0.ledger.refused(number, reason) } }

    func ended(_ ending: Ending, submitted: Duration) {
        state.withLock { state in
            state.ledger.ended(ending)
            state.recoveries.ended(submitted: submitted, at: now)
        }
    }

    func heard(_ ending: Ending) { state.withLock { $0.ledger.heard(ending) } }
    /// The store's state at the end.
    func recorded(_ ending: Ending) { state.withLock { $0.ledger.ended(ending) } }
    /// Nobody looks after the number any more.
    func leftAlone() { state.withLock { $0.underWay -= 1 } }

    var underWay: Int { state.withLock { $0.underWay } }
    func faultsEnded() { state.withLock { $0.areFaultsOver = true } }

    /// No more load is needed: the faults are over, and a task has ended that was submitted after the last of them.
    var isLoadOver: Bool { state.withLock { $0.areFaultsOver && !$0.recoveries.hasOpen } }
    var acceptedIDs: [TaskID] { state.withLock { $0.ledger.acceptedIDs } }

    var progress: Chaos.Progress {
        state.withLock { state in
            Chaos.Progress(
                submitted: state.ledger.submitted, accepted: state.ledger.accepted, underWay: state.underWay, elapsed: now
            )
        }
    }

    var final: (ledger: ChaosLedger, recoveries: Recoveries, skipped: [Fault: Int]) {
        state.withLock { ($0.ledger, $0.recoveries, $0.skipped) }
    }
}
