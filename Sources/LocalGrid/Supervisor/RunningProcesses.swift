import Foundation
import Synchronization

/// The processes of a ``Supervisor`` that run now, by their names: for those who want them to die.
package final class RunningProcesses: Sendable {
    private let pids = Mutex<[String: pid_t]>([:])

    package init() {}

    /// The process id of a name; nil while it does not run.
    package subscript(name: String) -> Int32? { pids.withLock { $0[name] } }

    /// Sends a signal to a process, whose supervisor starts it anew.
    ///
    /// - Returns: false where it does not run now.
    @discardableResult
    package func kill(_ name: String, with signal: Int32 = SIGKILL) -> Bool {
        // Under the lock, so that no pid is used once its end is known.
        pids.withLock { pids in pids[name].map { Foundation.kill($0, signal) == 0 } ?? false }
    }

    func began(_ name: String, _ pid: pid_t) { pids.withLock { $0[name] = pid } }

    func ended(_ name: String) { pids.withLock { $0[name] = nil } }
}
