import Foundation

/// Processes of a private broker that outlived their grid: one that was killed, or a start that failed half-way.
///
/// They are known by their environment, which all a broker's processes inherit, its port mapper and helpers too.
enum Strays {
    /// Ends every process whose environment has `variable` set to `value`: with SIGTERM, and past the limit with SIGKILL.
    static func end(_ variable: String, _ value: String, within limit: Duration = .seconds(20)) async {
        for (signal, limit) in [(SIGTERM, limit), (SIGKILL, .seconds(2))] {
            let deadline = ContinuousClock.now.advanced(by: limit)
            for pid in processes(variable, value) { kill(pid, signal) }
            while !processes(variable, value).isEmpty, ContinuousClock.now < deadline {
                // Cancelled: a stop must not wait.
                guard (try? await Task.sleep(for: .milliseconds(50))) != nil else { break }
            }
        }
    }

    /// This user's processes whose environment has `variable` set to `value`; none where the system has no `/proc`.
    static func processes(_ variable: String, _ value: String) -> [pid_t] {
        let entry = Data("\(variable)=\(value)".utf8)
        let pids = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
        return pids.filter { pid in
            // Another user's environment cannot be read, and one that just ended has none.
            guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else { return false }
            return environment.split(separator: 0).contains { $0 == entry }
        }
    }
}
