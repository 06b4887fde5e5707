import Foundation
import TaskGridConfiguration

/// PostgreSQL's processes in a folder. A server's children take groups and titles of their own, but none leaves the data folder.
package enum DatabaseProcesses {
    /// The names by which the kernel knows them.
    private static let names: Set = ["postgres", "initdb", "pg_basebackup", "pg_ctl"]

    /// PostgreSQL's processes whose working directory is a folder or is in it; none where the system has no `/proc`. A shell there is none
    /// of them.
    static func list(_ folder: String) -> [pid_t] {
        let path = URL(filePath: folder).resolvingSymlinksInPath().path
        let pids = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
        return pids.filter { pid in
            // Another user's cannot be read, and one that just ended has none.
            guard let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd"),
                place == path || place.hasPrefix("\(path)/"), let name = FileManager.default.contents(atPath: "/proc/\(pid)/comm")
            else { return false }
            return names.contains(String(decoding: name, as: UTF8.self).trimmingCharacters(in: .newlines))
        }
    }

    /// Sends a signal to all of them.
    ///
    /// - Returns: how many there were.
    @discardableResult
    package static func signal(_ folder: String, _ signal: Int32) -> Int {
        let pids = list(folder)
        for pid in pids { kill(pid, signal) }
        return pids.count
    }

    /// Ends the sessions of clients that came over TCP, as `pg_terminate_backend` does: each by SIGTERM.
    ///
    /// - Returns: how many there were.
    static func endSessions(_ data: String) -> Int {
        // The title of such a process has its client's address and port (PostgreSQL's manual, "Standard Unix Tools").
        let sessions = list(data).filter { title($0).contains(#/^postgres: .*127\.0\.0\.1\(\d+\)/#) }
        for pid in sessions { kill(pid, SIGTERM) }
        return sessions.count
    }

    private static func title(_ pid: pid_t) -> String {
        String(decoding: FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data(), as: UTF8.self)
    }

    /// Kills all of them, those too that are just being made, and returns when they are gone: the next server does not start before.
    ///
    /// - Parameters:
    ///   - folder: their working directory.
    ///   - limit: how long that may take.
    /// - Throws: `LocalGridError` where some do not end, such as those that wait for a disk.
    static func end(_ folder: String, within limit: Duration = .seconds(20)) async throws(LocalGridError) {
        let deadline = ContinuousClock.now + limit
        while signal(folder, SIGKILL) > 0 {
            guard ContinuousClock.now < deadline else {
                let pids = list(folder).map(String.init).joined(separator: ", ")
                throw LocalGridError(.startFailed, "processes of PostgreSQL in \(folder) do not end when they are killed (\(pids))")
            }
            // Unstructured, because it has to be done in a cancelled task too. The kernel tells only its parent of the end of a process.
            await Task { try? await Task.sleep(for: .milliseconds(10)) }.value
        }
    }
}
