import Foundation
import Synchronization

/// The private databases whose processes stand still. They heed no signal but SIGKILL, so they go on when this process exits: the kernel
/// then tells them to end.
enum FrozenDatabases {
    private static let folders = Mutex<Set<String>>([])
    private static let thawsAtExit: Void = { _ = atexit { FrozenDatabases.thawAll() } }()

    /// Stops all processes of a database, by SIGSTOP.
    ///
    /// - Parameter data: the folder of its data.
    /// - Returns: how many there were.
    static func freeze(_ data: String) -> Int {
        thawsAtExit
        return folders.withLock { folders in
            folders.insert(data)
            return DatabaseProcesses.signal(data, SIGSTOP)
        }
    }

    /// Has them go on, whether they stand still or not.
    static func thaw(_ data: String) {
        folders.withLock { folders in
            folders.remove(data)
            DatabaseProcesses.signal(data, SIGCONT)
        }
    }

    private static func thawAll() {
        for data in folders.withLock({ $0 }) { DatabaseProcesses.signal(data, SIGCONT) }
    }
}
