package import Foundation

/// A file that only its owner may read, such as one that holds a secret.
package enum PrivateFile {
    /// A secret has far fewer bytes.
    private static let maximumSize = 1 << 20

    /// Why a file cannot be used as one.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// Whether there is no such file.
        package let isMissing: Bool
        /// The fault, and advice.
        package let description: String
    }

    /// Writes the file whole or not at all, with mode 0600 from the start: no reader sees half of it, nor anyone else any.
    ///
    /// - Parameters:
    ///   - data: what the file is to hold.
    ///   - path: the file.
    ///   - owner: the user and group that it is given to, before it has its name; nil: this process's.
    package static func write(_ data: Data, to path: String, owner: (user: uid_t, group: gid_t)? = nil) throws {
        let beside = "\(path).new"
        unlink(beside)
        let descriptor = open(beside, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw lastError }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        if let owner, fchown(descriptor, owner.user, owner.group) != 0 { throw lastError }
        try handle.write(contentsOf: data)
        try handle.synchronize()
        try handle.close()
        guard rename(beside, path) == 0 else { throw lastError }
    }

    package static func write(_ text: String, to path: String) throws {
        try write(Data(text.utf8), to: path)
    }

    /// Opens a file to append to it. A file that is not there is made.
    ///
    /// - Parameter path: the file, which is no symbolic link.
    /// - Returns: the file's descriptor, for the caller to close.
    package static func openToAppend(_ path: String) throws(Failure) -> CInt {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw failure(path, errno) }
        do throws(Failure) {
            try check(descriptor, path)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// The text of a file that belongs to this user, and that nobody else may read or write.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - followsLinks: whether the path may be a symbolic link. The file that it leads to is checked either way.
    package static func read(_ path: String, followsLinks: Bool = false) throws(Failure) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW))
        guard descriptor >= 0 else { throw failure(path, errno) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try check(descriptor, path)
        guard let data = try? handle.read(upToCount: maximumSize + 1) ?? Data(), data.count <= maximumSize,
            let text = String(validating: data, as: UTF8.self)
        else { throw Failure(isMissing: false, description: "\(path) is no text of at most \(maximumSize) bytes") }
        return text
    }

    private static func check(_ descriptor: CInt, _ path: String) throws(Failure) {
        guard let status = FileStatus(descriptor) else { throw failure(path, errno) }
        guard status.isPlain else { throw Failure(isMissing: false, description: "\(path) is not a plain file") }
        guard status.belongsToThisUser else {
            throw Failure(
                isMissing: false, description: "\(path) belongs to another user (\(status.owner)): use a file of your own, or chown it")
        }
        guard !status.othersMayReadOrWrite else {
            throw Failure(isMissing: false, description: "\(path) can be read or written by other users: chmod 600 it")
        }
    }

    private static func failure(_ path: String, _ code: CInt) -> Failure {
        let reason = code == ELOOP ? "it is a symbolic link" : String(cString: strerror(code))
        return Failure(isMissing: code == ENOENT, description: "\(path) cannot be opened (\(reason))")
    }

    private static var lastError: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
