import Foundation

/// A file that only its owner may read, written whole or not at all.
enum PrivateFile {
    /// Writes beside the file with mode 0600 from the start, then renames: no reader sees half of it, nor anyone else any.
    static func write(_ data: Data, to path: String) throws {
        let beside = "\(path).new"
        unlink(beside)
        let descriptor = open(beside, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw lastError }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: data)
        try handle.synchronize()
        try handle.close()
        guard rename(beside, path) == 0 else { throw lastError }
    }

    /// The text of a file that nobody else may read, and that belongs to this user; nil for any other.
    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else { return nil }
        return (try? handle.readToEnd()).flatMap { String(validating: $0, as: UTF8.self) }
    }

    private static var lastError: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }

    static func write(_ text: String, to path: String) throws {
        try write(Data(text.utf8), to: path)
    }
}
