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

    /// Appends a line.
    ///
    /// - Returns: the reason of a failure, in words; nil: the line is written.
    private static func append(_ line: Data, to path: String) -> String? {
        do throws(PrivateFile.Failure) {
            let descriptor = try PrivateFile.openToAppend(path)
            defer { close(descriptor) }
            let end = lseek(descriptor, 0, SEEK_END)
            let code = writeWhole(line) { write(descriptor, $0.baseAddress, $0.count) }
            guard code != 0 else { return nil }
            // The next line must not follow a part of this one.
            _ = ftruncate(descriptor, end)
            return String(cString: strerror(code))
        } catch {
            return error.description
        }
    }

    /// Writes all bytes, though the system may take a part of them: at a signal, or on a disk that is nearly full.
    ///
    /// - Parameters:
    ///   - bytes: the bytes.
    ///   - write: write(2).
    /// - Returns: the error's number; 0: all are written.
    static func writeWhole(_ bytes: Data, _ write: (UnsafeRawBufferPointer) -> Int) -> CInt {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = write(UnsafeRawBufferPointer(rebasing: rest))
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if count == 0 || errno != EINTR {
                    return count == 0 ? ENOSPC : errno
                }
            }
            return 0
        }
    }
}
