import Foundation
import Postgres
import TestSupport
import Testing

@Suite("Transactions over several requests", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(2)))
struct TransactionTests {
    private func withTable(_ body: (PostgresConnection, String, PostgresQuery) async throws -> Void) async throws {
        let table = uniqueTable()
        try await withConnection { connection in
            try await connection.sql("CREATE TABLE \(table) (id bigint PRIMARY KEY)")
            try await body(connection, table, PostgresQuery("insert", "INSERT INTO \(table) VALUES ($1) RETURNING id"))
        }
    }

    private func ids(_ table: String) async throws -> [Int64] {
        try await withConnection { try await $0.sql("SELECT id FROM \(table) ORDER BY id").values("id", Int64.self) }
    }

    @Test func `it is committed at its end, and others wait until then`() async throws {
        try await withTable { connection, table, insert in
            let transaction = try await connection.begin([insert(Int64(1))])
            #expect(try transaction.answers[0].values("id", Int64.self) == [1])
            let other = Task { try await connection.run([insert(Int64(10))]) }
            _ = try await transaction.run([insert(Int64(2)), insert(Int64(3))])
            #expect(try await ids(table) == [])
            let last = try await transaction.commit([insert(Int64(4))])
            #expect(try last[0].values("id", Int64.self) == [4])
            _ = try await other.value
            #expect(try await ids(table) == [1, 2, 3, 4, 10])
            let over = await #expect(throws: PostgresError.self) { try await transaction.run([insert(Int64(5))]) }
            #expect(over?.code == .invalidUse)
        }
    }

    @Test func `a failed request ends it, rolled back, and the connection goes on`() async throws {
        try await withTable { connection, table, insert in
            let transaction = try await connection.begin([insert(Int64(1))])
            let error = await #expect(throws: PostgresError.self) { try await transaction.run([insert(Int64(1))]) }
            #expect(error?.sqlState == "23505" && error?.outcome == .notCommitted)
            await #expect(throws: PostgresError.self) { try await transaction.commit() }
            await transaction.rollBack()
            _ = try await connection.run([insert(Int64(7))])
            #expect(try await ids(table) == [7])
        }
    }

    @Test func `it is rolled back when it is released without an end`() async throws {
        try await withTable { connection, table, insert in
            do { _ = try await connection.begin([insert(Int64(1))]) }
            _ = try await connection.run([insert(Int64(2))])
            #expect(try await ids(table) == [2])
        }
    }

    @Test func `it goes on to its end while others wait, as many as may`() async throws {
        let table = uniqueTable()
        let insert = PostgresQuery("insert", "INSERT INTO \(table) VALUES ($1) RETURNING id")
        var changed = try await settings()
        changed.maximumWaiting = 2
        try await withConnection(changed) { connection in
            try await connection.sql("CREATE TABLE \(table) (id bigint PRIMARY KEY)")
            for isCommitted in [true, false] {
                let transaction = try await connection.begin([insert(isCommitted ? Int64(1) : 3)])
                try await withThrowingTaskGroup { group in
                    for _ in 0..<5 {
                        group.addTask { () -> PostgresError.Code? in
                            do throws(PostgresError) {
                                try await connection.sql("SELECT 1")
                                return nil
                            } catch {
                                return error.code
                            }
                        }
                    }
                    // None of them has a turn while the transaction is open: one that ends was refused, because two wait.
                    #expect(try await group.next() == .some(.tooMany))
                    try await transaction.run([insert(isCommitted ? Int64(2) : 4)])
                    if isCommitted { try await transaction.commit() } else { await transaction.rollBack() }
                    var codes: [PostgresError.Code?] = []
                    for try await code in group { codes.append(code) }
                    #expect(codes.count { $0 == nil } >= 2 && codes.allSatisfy { $0 == nil || $0 == .tooMany })
                }
                #expect(try await ids(table) == [1, 2])
            }
        }
    }

    @Test func `a cancelled task's transaction is rolled back`() async throws {
        try await withTable { connection, table, insert in
            let isOpen = Latch()
            let task = Task {
                let transaction = try await connection.begin([insert(Int64(1))])
                isOpen.open()
                while !Task.isCancelled { await Task.yield() }
                let error = await #expect(throws: PostgresError.self) { try await transaction.run([insert(Int64(2))]) }
                await transaction.rollBack()
                return error
            }
            try await isOpen.wait()
            task.cancel()
            #expect(try await task.value?.code == .cancelled)
            _ = try await connection.run([insert(Int64(9))])
            #expect(try await ids(table) == [9])
        }
    }

    @Test func `a statement that begins or ends a transaction by itself is an error`() async throws {
        try await withTable { connection, table, insert in
            let begun = await #expect(throws: PostgresError.self) { try await connection.run([PostgresQuery("b", "BEGIN")()]) }
            #expect(begun?.code == .invalidUse)
            let transaction = try await connection.begin([insert(Int64(1))])
            let ended = await #expect(throws: PostgresError.self) { try await transaction.run([PostgresQuery("c", "COMMIT")()]) }
            #expect(ended?.code == .invalidUse && ended?.outcome == .unknown)
            _ = try await connection.run([insert(Int64(2))])
            #expect(try await ids(table) == [1, 2])
        }
    }

    @Test func `a request whose turn does not come in time is given up`() async throws {
        try await withTable { connection, table, insert in
            let transaction = try await connection.begin()
            let error = await #expect(throws: PostgresError.self) {
                try await connection.run([insert(Int64(1))], within: .milliseconds(100))
            }
            #expect(error?.code == .timedOut && error?.outcome == .notCommitted)
            try await transaction.commit()
            #expect(try await ids(table) == [])
            #expect(connection.isConnected)
        }
    }
}
