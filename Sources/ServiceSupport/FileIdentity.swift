import Foundation

/// The identity of the file that a path led to when it was opened. It shows whether the file was removed or replaced since: a removed
/// file that is still open stays writable, but nobody reads it any more.
package final class FileIdentity: Sendable {
    package let path: String
    package var name: Substring { path.split(separator: "/").last ?? "" }
    private let device: UInt64
    private let number: UInt64
    /// Opened for its path only: closing it, unlike another descriptor, gives up none of the locks that the process has on the file.
    private let descriptor: CInt
    /// `O_PATH` of Linux (open(2), fcntl(2)), which Swift's Glibc does not name.
    private static let pathOnly: CInt = 0o10_000_000

    /// nil where there is no such file.
    package init?(_ path: String) {
        let descriptor = open(path, Self.pathOnly | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        guard let status = FileStatus(descriptor) else {
            close(descriptor)
            return nil
        }
        self.path = path
        self.descriptor = descriptor
        device = status.device
        number = status.number
    }

    deinit {
        close(descriptor)
    }

    /// Whether it was removed or replaced, and no path leads to it any more. Found out faster than ``loss``, which also finds that it was
    /// moved.
    package var isNameless: Bool {
        (FileStatus(descriptor)?.names ?? 0) == 0
    }

    /// A description of what became of the file; nil while it is in its place.
    package var loss: String? {
        guard let status = FileStatus(path) else { return "was removed" }
        return status.device == device && status.number == number ? nil : "was replaced by another file"
    }
}
