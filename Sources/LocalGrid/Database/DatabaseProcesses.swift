import Foundation

/// The processes of a private database. A server's children take groups and titles of their own, but none leaves the data folder.
enum DatabaseProcesses {
    /// The processes whose working directory is `data`; none where the system has no `/proc`.
    static func list(_ data: String) -> [pid_t] {
        let folder = URL(filePath: data).resolvingSymlinksInPath().path
        let pids = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
        // Another user's cannot be read, and one that just ended has none.
        return pids.filter { (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0)/cwd")) == folder }
    }

    /// Sends a signal to all of them.
    ///
    /// - Returns: how many there were.
    @discardableResult
    static func signal(_ data: String, _ signal: Int32) -> Int {
        let pids = list(data)
        for pid in pids { kill(pid, signal) }
        return pids.count
    }

    /// Kills all of them, those too that are just being made, and returns when they are gone: the next server does not start before.
    static func end(_ data: String) async {
        while signal(data, SIGKILL) > 0 {
            // Unstructured, because it has to be done in a cancelled task too.
            await Task { try? await Task.sleep(for: .milliseconds(10)) }.value
        }
    }
}
