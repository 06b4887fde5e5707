import Foundation
import TaskGridConfiguration
import TaskGridCore

/// A line for each thing that happens, to a file and to standard output.
actor TrialLog {
    private let file: FileHandle
    /// The absolute path of the file.
    nonisolated let path: String

    init(path: String) throws(Failure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw Failure(.failed, "cannot write to \(path): \(String(cString: strerror(errno))); name another file with --log")
        }
        self.path = URL(filePath: path).path(percentEncoded: false)
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func line(_ text: String) async throws {
        let line = "\(Timestamp.now()) \(text)"
        do {
            try file.write(contentsOf: Data("\(line)\n".utf8))
        } catch {
            throw Failure(.failed, "the log cannot be written: \(Errno.reason(of: error))")
        }
        try await Output.standard.line(line)
        try await Output.standard.flush()
    }
}
