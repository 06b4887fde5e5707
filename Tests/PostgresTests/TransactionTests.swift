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

    @Test func `a body that throws rolls it back, and one that returns commits it`() async throws {
        try await withTable { connection, table, insert in
            let number = try await connection.withTransaction { (transaction) throws(PostgresError) in
                try await transaction.run([insert(Int64(1))])[0].first("id", Int64.self)
            }
            #expect(number == 1)
            let error = await #expect(throws: PostgresError.self) {
                try await connection.withTransaction { (transaction) throws(PostgresError) in
                    _ = try await transaction.run([insert(Int64(2))])
                    throw PostgresError(.invalidUse, "the body's own")
                }
            }
            #expect(error?.message == "the body's own")
            #expect(try await ids(table) == [1])
        }
    }

    @Test func `a cancelled task's transaction is rolled back`() async throws {
        try await withTable { connection, table, insert in
            let isOpen = Latch()
            let task = Task {
                try await connection.withTransaction { (transaction) throws(PostgresError) in
                    _ = try await transaction.run([insert(Int64(1))])
                    isOpen.open()
                    while !Task.isCancelled { await Task.yield() }
                    _ = try await transaction.run([insert(Int64(2))])
                }
            }
            try await isOpen.wait()
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .cancelled)
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
