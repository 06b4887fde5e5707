import Foundation
import Synchronization

/// The private databases whose processes stand still. They heed no signal but SIGKILL, so they go on when this process exits or is killed:
/// the kernel then tells them to end.
enum FrozenDatabases {
    private struct State {
        /// Those of their data.
        var folders: Set<String> = []
        /// By the folder. None of a database without processes, or where no guard could be started.
        var guards: [String: ThawGuard] = [:]
    }

    private static let state = Mutex(State())
    private static let thawsAtExit: Void = { _ = atexit { FrozenDatabases.thawAll() } }()

    /// Stops all processes of a database, by SIGSTOP.
    ///
    /// - Parameter data: the folder of its data.
    /// - Returns: how many there were.
    static func freeze(_ data: String) -> Int {
        thawsAtExit
        return state.withLock { state in
            state.folders.insert(data)
            let count = DatabaseProcesses.signal(data, SIGSTOP)
            // Its processes may be others than at an earlier time.
            state.guards.removeValue(forKey: data)?.dismiss()
            if count > 0 { state.guards[data] = ThawGuard(DatabaseProcesses.list(data)) }
            return count
        }
    }

    /// Has them go on, whether they stand still or not.
    static func thaw(_ data: String) {
        state.withLock { state in
            state.folders.remove(data)
            state.guards.removeValue(forKey: data)?.dismiss()
            DatabaseProcesses.signal(data, SIGCONT)
        }
    }

    private static func thawAll() {
        for data in state.withLock({ $0.folders }) { DatabaseProcesses.signal(data, SIGCONT) }
    }
}
