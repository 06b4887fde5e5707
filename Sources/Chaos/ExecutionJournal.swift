import Foundation
package import TaskGridCore

/// A file with a line for each execution that has begun: the task's number, its id, the attempt, the process, the time.
///
/// Each line is one `write(2)` to a file opened with `O_APPEND`: it is whole and stays, even where SIGKILL follows at once.
package final class ExecutionJournal: Sendable {
    private let descriptor: Int32

    /// - Throws: `POSIXError` where the file cannot be made.
    package init(path: String) throws {
        descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.lastError }
    }

    deinit { close(descriptor) }

    /// Notes that an execution begins.
    ///
    /// - Throws: `POSIXError` where it cannot be noted; the task must not run then.
    package func begin(_ number: Int, id: TaskID, attempt: Int) throws {
        let line = Array("\(number) \(id) \(attempt) \(getpid()) \(Timestamp.now())\n".utf8)
        guard write(descriptor, line, line.count) == line.count else { throw Self.lastError }
    }

    /// How often each number has begun.
    package static func executions(in path: String) throws -> [Int: Int] {
        var counts: [Int: Int] = [:]
        for line in try Data(contentsOf: URL(fileURLWithPath: path)).split(separator: UInt8(ascii: "\n")) {
            let first = line.prefix { $0 != UInt8(ascii: " ") }
            guard let number = Int(String(decoding: first, as: UTF8.self)) else { throw POSIXError(.EBADMSG) }
            counts[number, default: 0] += 1
        }
        return counts
    }

    private static var lastError: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
