import Foundation

/// The log of one process: appended from run to run, set aside once when it has grown large.
enum LogFile {
    static let limit = 10 << 20

    /// Moves a log of more than `limit` bytes to `PATH.1`, in place of what was there.
    static func rotate(_ path: String, limit: Int = limit) {
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        // Should it fail, the log goes on growing in its place, and nothing is lost.
        if size > limit { rename(path, "\(path).1") }
    }

    /// The last `lines` lines, for an error to show; empty where there is no log.
    static func tail(_ path: String, lines: Int = 12) -> String {
        guard let handle = FileHandle(forReadingAtPath: path) else { return "" }
        defer { try? handle.close() }
        guard let size = try? handle.seekToEnd(), (try? handle.seek(toOffset: size > 16_384 ? size - 16_384 : 0)) != nil,
            let data = try? handle.readToEnd()
        else { return "" }
        return String(decoding: data, as: UTF8.self)
            .split(separator: "\n").suffix(lines).joined(separator: "\n")
    }
}
