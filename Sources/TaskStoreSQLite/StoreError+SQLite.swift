import Foundation
import GRDB
import TaskStore

extension StoreError {
    /// Explains an error of the database or the file system for the store in `path`, and says what to do about it.
    init(_ error: any Error, path: String) {
        switch error {
        case let error as StoreError:
            self.init(error.code, "store \(path): \(error.message)")
        case let error as DatabaseError:
            let code = Code(error.resultCode)
            let cause = "SQLite \(error.extendedResultCode.rawValue): \(error.message ?? "no message")"
            self.init(code, "store \(path): \(code.meaning) (\(cause))")
        default:
            let code = Code(Self.number(of: error))
            self.init(code, "store \(path): \(code.meaning) (\(error.localizedDescription))")
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
        return StoreError(.unknown, "\(Code.unknown.meaning) (\(cause))")
    }

    static func closed(path: String) -> StoreError {
        StoreError(.closed, "store \(path): \(Code.closed.meaning)")
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

extension StoreError.Code {
    fileprivate init(_ code: ResultCode) {
        switch code.primaryResultCode {
        case .SQLITE_FULL: self = .diskFull
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .locked
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_CANTOPEN: self = .readOnly
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupt
        default: self = .failed
        }
    }

    fileprivate init(_ number: Int32?) {
        switch number {
        case ENOSPC?, EDQUOT?: self = .diskFull
        case EACCES?, EPERM?, EROFS?: self = .readOnly
        default: self = .failed
        }
    }

    /// A message: what happened, and what to do.
    fileprivate var meaning: String {
        switch self {
        case .diskFull: "no room left; free space on its disk, or prune sooner"
        case .locked: "locked by another process; find what holds the file open and end it, then try again"
        case .readOnly: "cannot be written; give this user the right to write the file and its folder"
        case .missing: "put it back, or restart the dispatcher to go on with what is there"
        case .corrupt: "the file is damaged or no task store; restore a backup or name another file"
        case .newerVersion: "written by a newer version; use that version or name another file"
        case .superseded: "another dispatcher has taken it over"
        case .unknown: "a commit failed while it was written to the disk, so that its outcome is not known; check the disk"
        case .closed: "it was closed, and takes no more calls"
        case .badRequest: "asked for something that makes no sense"
        case .failed: "the database or the file system failed"
        }
    }
}
