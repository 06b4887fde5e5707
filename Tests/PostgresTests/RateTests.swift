import Foundation
import Postgres
import TestSupport
import Testing

@Suite("The rate of inserts", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(1)))
struct RateTests {
    /// Printed, not asserted: a test's machine may do anything else meanwhile.
    @Test func `rows are inserted a thousand at a time, with a commit each`() async throws {
        let table = uniqueTable()
        let query = PostgresQuery(
            "insert", "INSERT INTO \(table) SELECT i, p, d FROM unnest($1::bigint[], $2::int[], $3::bytea[]) AS u(i, p, d)")
        let payload = Data(repeating: UInt8(ascii: "x"), count: 100)
        try await withConnection { connection in
            try await connection.sql("CREATE TABLE \(table) (id bigint PRIMARY KEY, position int NOT NULL, payload bytea NOT NULL)")
            let began = ContinuousClock.now
            let batches = 50
            for batch in 0..<batches {
                let first = Int64(batch) * 1000
                var parameters = PostgresParameters()
                parameters.append(array: (first..<first + 1000).lazy.map { $0 })
                parameters.append(array: (0..<1000).lazy.map { Int32($0) })
                parameters.append(arrayOf: Data.self, reserving: 1000) { array in for _ in 0..<1000 { array.append(payload) } }
                try await connection.transaction([PostgresStatement(query, parameters)])
            }
            let rate = Double(batches * 1000) / (began.duration(to: .now) / .seconds(1))
            print("PostgreSQL: \(Int(rate)) rows/s of 100 bytes by unnest, a commit for each 1000")
            #expect(try await connection.value(Int64.self, "SELECT count(*) FROM \(table)") == Int64(batches * 1000))
        }
    }
}
