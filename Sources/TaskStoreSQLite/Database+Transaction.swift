import Dispatch
import GRDB
import TaskStore

extension Database {
    /// Runs in a write transaction, which is rolled back where the body throws. The outcome of a COMMIT that fails may be `unknown`.
    func transaction<Value>(_ body: (Database) throws -> Value) throws -> Value {
        var value: Value?
        do {
            try inTransaction(.immediate) {
                value = try body(self)
                return .commit
            }
        } catch {
            // With a value the body is done, and COMMIT has failed.
            throw value == nil ? error : StoreError.ofCommit(error)
        }
        guard let value else { throw StoreError(.failed, "a transaction ended without an answer") }
        return value
    }
}

extension DatabaseWriter {
    /// Puts the log into the file, so that the file is whole by itself, and closes it. If another process reads it, the log stays and is read
    /// when the store is opened again: nothing is lost by either failing.
    func checkpointAndClose() async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [self] in
                try? writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
                try? close()
                continuation.resume()
            }
        }
    }
}
