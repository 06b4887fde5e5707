import GRDB
import TaskStore
import Testing

@testable import TaskStoreSQLite

@Suite("Errors of COMMIT")
struct CommitErrorTests {
    private func code(_ code: ResultCode) -> StoreError.Code {
        StoreError(StoreError.ofCommit(DatabaseError(resultCode: code)), path: "/store.db").code
    }

    @Test func `after an input or output error the outcome is not known, after any other the transaction was not made`() {
        for error in [ResultCode.SQLITE_IOERR, .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_WRITE] { #expect(code(error) == .unknown) }
        #expect(code(.SQLITE_FULL) == .diskFull)
        #expect(code(.SQLITE_BUSY) == .locked)
        #expect(code(.SQLITE_NOMEM) == .failed)
    }
}
