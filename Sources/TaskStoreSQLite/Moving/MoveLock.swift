import Foundation
import ServiceSupport
import TaskStore

/// A file beside a store that one call of `store copy` has for itself, by `flock(2)`: the kernel gives it back however the process ends.
final class MoveLock: Sendable {
    private let descriptor: Int32
    private let path: String

    /// - Parameter store: the store's file.
    /// - Throws: `StoreError`, `locked` where another call has it.
    init(beside store: String) throws(StoreError) {
        let path = "\(store)-copy"
        while true {
            let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard opened >= 0 else { throw StoreError(POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO), path: path) }
            guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
                let code = errno
                close(opened)
                guard code == EWOULDBLOCK else { throw StoreError(POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO), path: path) }
                throw StoreError(.locked, "another 'taskgrid store copy' is at work on store \(store): wait for its end, or end it")
            }
            // The one before may have removed it between.
            if let held = FileStatus(opened), let named = FileStatus(path), held.number == named.number, held.device == named.device {
                descriptor = opened
                self.path = path
                return
            }
            close(opened)
        }
    }

    deinit {
        unlink(path)
        close(descriptor)
    }
}
