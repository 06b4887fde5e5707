import Foundation
import Synchronization

/// A file that one process, and one holder in it, has for itself, until it releases it or ends.
final class FileLock: Sendable {
    /// Another process, or another holder in this one, has it.
    struct HeldElsewhere: Error {}

    private let descriptor: Mutex<Int32?>

    /// - Throws: `HeldElsewhere`; `POSIXError` where the file cannot be made.
    init(_ path: String) throws {
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            Foundation.close(descriptor)
            if code == EWOULDBLOCK { throw HeldElsewhere() }
            throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO)
        }
        self.descriptor = Mutex(descriptor)
    }

    func release() {
        guard let held = descriptor.withLock({ $0.take() }) else { return }
        // Closing alone leaves it to a child that has a copy until it becomes its program.
        flock(held, LOCK_UN)
        Foundation.close(held)
    }

    deinit { release() }
}
