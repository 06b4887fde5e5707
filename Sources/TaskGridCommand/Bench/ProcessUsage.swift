import Foundation

/// The resources that one process of the grid has used: read from Linux's `/proc` (proc(5)).
struct ProcessUsage: Hashable, Sendable {
    let pid: Int32
    /// Its role: `dispatcher`, `worker hash`, `broker`, `bench`.
    let name: String
    /// Seconds of processor time since it started.
    var cpu: Double
    /// The most memory it has had resident since it started, in bytes.
    let peak: Int

    /// This process, and a grid's processes below the one that runs it.
    static func all(below grid: Int32?) -> [ProcessUsage] {
        var found = [read(getpid(), name: "bench")]
        if let grid {
            var parents: [Int32: Int32] = [:]
            for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
                if let pid = Int32(entry), let stat = fields(of: pid), let parent = Int32(stat[1]) { parents[pid] = parent }
            }
            for pid in parents.keys.sorted() where pid != getpid() {
                var ancestor = pid
                while ancestor != grid, let parent = parents[ancestor], parent > 1 { ancestor = parent }
                if ancestor == grid, pid != grid, let name = name(of: pid) { found.append(read(pid, name: name)) }
            }
        }
        return found.compactMap { $0 }
    }

    /// The difference of two readings, of the processes that are in both.
    static func between(_ before: [ProcessUsage], _ after: [ProcessUsage]) -> [ProcessUsage] {
        let earlier = Dictionary(before.map { ($0.pid, $0.cpu) }) { first, _ in first }
        return after.compactMap { usage in
            guard let cpu = earlier[usage.pid] else { return nil }
            var usage = usage
            usage.cpu -= cpu
            return usage
        }
    }

    private static func read(_ pid: Int32, name: String) -> ProcessUsage? {
        // utime and stime are the 14th and 15th fields; here the third is the first.
        guard let stat = fields(of: pid), stat.count > 12, let user = Double(stat[11]), let system = Double(stat[12]) else { return nil }
        let status = text("/proc/\(pid)/status") ?? ""
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?.split(separator: " ").dropFirst().first.flatMap {
            Int($0)
        }
        return ProcessUsage(pid: pid, name: name, cpu: (user + system) / Double(sysconf(Int32(_SC_CLK_TCK))), peak: (peak ?? 0) << 10)
    }

    /// The fields of `/proc/PID/stat` after the command's name, which may hold anything: the state, the parent, and so on.
    private static func fields(of pid: Int32) -> [Substring]? {
        guard let stat = text("/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        return fields.count > 1 ? fields : nil
    }

    /// The role of a process below the grid; nil for those that only start others.
    private static func name(of pid: Int32) -> String? {
        guard let line = text("/proc/\(pid)/cmdline") else { return nil }
        let words = line.split(separator: "\0").map(String.init)
        guard let command = words.first?.split(separator: "/").last else { return nil }
        if command == "beam.smp" { return "broker" }
        guard command == "taskgrid", words.count > 1 else { return nil }
        let named = words.dropFirst().prefix { !$0.hasPrefix("-") }
        return named.joined(separator: " ")
    }

    private static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}
