import Foundation
import GRDB
import TaskStore

extension StoreError {
    /// Explains an error of the database or the file system for the store in `path`, and says what to do about it.
    init(_ error: any Error, path: String) {
        switch error {
        case let error as StoreError:
            self.init(error.code, "store \(path): \(error.message)")
        case let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_TRIGGER:
            // The store has no triggers but those of a mark, whose words these are.
            self.init(.moved, "store \(path): \(error.message ?? "it was moved to another store")")
        case let error as DatabaseError:
            let cause = "SQLite \(error.extendedResultCode.rawValue): \(error.message ?? "no message")"
            self.init(Failure(error.resultCode), path: path, cause: cause)
        default:
            self.init(Failure(Self.number(of: error)), path: path, cause: error.localizedDescription)
        }
    }

    /// Explains an error of COMMIT itself.
    ///
    /// An input or output error leaves the outcome open: the frames of the transaction may be whole in the log though its sync failed,
    /// and then the next recovery finds a transaction that was committed (sqlite.org/rescode.html#ioerr_fsync, sqlite.org/wal.html).
    /// After every other error SQLite has written no commit frame: the log ends before the transaction.
    static func ofCommit(_ error: any Error) -> any Error {
        guard let error = error as? DatabaseError, error.resultCode.primaryResultCode == .SQLITE_IOERR else { return error }
        let cause = "SQLite \(error.extendedResultCode.rawValue): \(error.message ?? "no message")"
        return StoreError(
            .unknown, "a commit failed while it was written to the disk, so that its outcome is not known; check the disk (\(cause))"
        )
    }

    static func closed(path: String) -> StoreError {
        StoreError(.closed, "store \(path): it was closed, and takes no more calls")
    }

    private init(_ failure: Failure, path: String, cause: String) {
        self.init(failure.code, "store \(path): \(failure.meaning) (\(cause))")
    }

    /// The number that the system gave, through the layers that wrap it.
    private static func number(of error: any Error) -> Int32? {
        if let error = error as? POSIXError { return error.code.rawValue }
        let error = error as NSError
        if error.domain == NSPOSIXErrorDomain { return Int32(exactly: error.code) }
        if let cause = error.userInfo[NSUnderlyingErrorKey] as? any Error { return number(of: cause) }
        switch (error as? CocoaError)?.code {
        case .fileWriteNoPermission?, .fileWriteVolumeReadOnly?: return EACCES
        case .fileWriteOutOfSpace?: return ENOSPC
        default: return nil
        }
    }
}

/// The failures that SQLite and the file system report.
private enum Failure {
    case diskFull, locked, readOnly, corrupt, failed

    init(_ code: ResultCode) {
        switch code.primaryResultCode {
        case .SQLITE_FULL: self = .diskFull
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .locked
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_CANTOPEN: self = .readOnly
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupt
        default: self = .failed
        }
    }

    /// - Parameter number: the system's; nil: none is known.
    init(_ number: Int32?) {
        switch number {
        case ENOSPC?, EDQUOT?: self = .diskFull
        case EACCES?, EPERM?, EROFS?: self = .readOnly
        default: self = .failed
        }
    }

    var code: StoreError.Code {
        switch self {
        case .diskFull: .diskFull
        case .locked: .locked
        case .readOnly: .readOnly
        case .corrupt: .corrupt
        case .failed: .failed
        }
    }

    /// A message: what happened, and what to do.
    var meaning: String {
        switch self {
        case .diskFull: "no room left; free space on its disk, or prune sooner"
        case .locked: "locked by another process; find what holds the file open and end it, then try again"
        case .readOnly: "cannot be written; give this user the right to write the file and its folder"
        case .corrupt: "the file is damaged or no task store; restore a backup or name another file"
        case .failed: "the database or the file system failed"
        }
    }
}
