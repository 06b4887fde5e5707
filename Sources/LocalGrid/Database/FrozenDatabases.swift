import Foundation
import Synchronization

/// The private databases whose processes stand still. They heed no signal but SIGKILL, so they go on when this process exits or is killed:
/// the kernel then tells them to end.
enum FrozenDatabases {
    /// By the folders of their data. None of a database without processes, or where no guard could be started.
    private static let guards = Mutex<[String: ThawGuard?]>([:])
    private static let thawsAtExit: Void = { _ = atexit { FrozenDatabases.thawAll() } }()

    /// Stops all processes of a database, by SIGSTOP.
    ///
    /// - Parameter data: the folder of its data.
    /// - Returns: how many there were.
    static func freeze(_ data: String) -> Int {
        thawsAtExit
        return guards.withLock { guards in
            let count = DatabaseProcesses.signal(data, SIGSTOP)
            guards.updateValue(count > 0 ? ThawGuard(DatabaseProcesses.list(data)) : nil, forKey: data)??.release()
            return count
        }
    }

    /// Has them go on, whether they stand still or not.
    static func thaw(_ data: String) {
        guards.withLock { guards in
            DatabaseProcesses.signal(data, SIGCONT)
            guards.removeValue(forKey: data)??.release()
        }
    }

    private static func thawAll() {
        for data in guards.withLock({ Array($0.keys) }) { DatabaseProcesses.signal(data, SIGCONT) }
    }
}
