import Dispatch
import Foundation
import Logging
import ServiceSupport
import TaskGridCore

/// Writes down each action that somebody asks the monitor for: to a file that is only ever appended to, a JSON object on a line, and to the
/// service's own log. The file is opened for each line, so that it can be moved away at any time.
final class AuditLog: Sendable {
    /// Entries for the grid's events, which wait while the broker is slow; further ones are in the file alone.
    private static let maximumWaiting = 256

    /// The entries of known tokens as they are written, for the grid's events. For one reader.
    let entries: AsyncStream<AuditEntry>
    private let continuation: AsyncStream<AuditEntry>.Continuation
    private let path: String?
    private let logger: Logger
    private let queue = DispatchQueue(label: "audit")

    /// - Parameters:
    ///   - path: the file; nil: the log alone.
    ///   - logger: the service's.
    /// - Throws: `MonitorError` where the file cannot be written to, or is not this user's alone.
    init(_ path: String? = nil, logger: Logger) throws(MonitorError) {
        self.path = path
        self.logger = logger
        (entries, continuation) = AsyncStream.makeStream(of: AuditEntry.self, bufferingPolicy: .bufferingOldest(Self.maximumWaiting))
        guard let path else { return }
        do throws(PrivateFile.Failure) {
            close(try PrivateFile.openToAppend(path))
        } catch {
            throw MonitorError(.audit, "the audit log: \(error.description)")
        }
    }

    /// Returns once the entry is in the file.
    func record(_ entry: AuditEntry) async {
        logger.info(
            "action",
            metadata: [
                LogKey.accessName: "\(entry.who ?? "unknown")", LogKey.accessAddress: "\(entry.address)",
                LogKey.accessAction: "\(entry.action)", LogKey.httpPath: "\(entry.request)",
                LogKey.accessResult: "\(entry.outcome.rawValue)",
            ]
        )
        if entry.who != nil { continuation.yield(entry) }
        guard let path else { return }
        let line = JSON.shown(entry) + Data("\n".utf8)
        let problem: String? = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Self.append(line, to: path)) }
        }
        if let problem { logger.error("the audit log cannot be written, see the line above", metadata: [LogKey.error: "\(problem)"]) }
    }

    /// Ends ``entries``.
    func end() { continuation.finish() }

    /// Appends a line.
    ///
    /// - Returns: the reason of a failure, in words; nil: the line is written.
    private static func append(_ line: Data, to path: String) -> String? {
        do throws(PrivateFile.Failure) {
            let descriptor = try PrivateFile.openToAppend(path)
            defer { close(descriptor) }
            let count = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            return count == line.count ? nil : String(cString: strerror(errno))
        } catch {
            return error.description
        }
    }
}
