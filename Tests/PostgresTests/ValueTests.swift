import Foundation
import Postgres
import TestSupport
import Testing

@Suite("Values to PostgreSQL and back", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(2)))
struct ValueTests {
    private static let echo = PostgresQuery(
        "echo", "SELECT $1 AS i2, $2 AS i4, $3 AS i8, $4 AS b, $5 AS f, $6 AS t, $7 AS d")
    private static let unnest = PostgresQuery(
        "unnest all", "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7) WITH ORDINALITY AS u(i2, i4, i8, b, f, t, d, n) ORDER BY n")

    @Test func `values of every type come back, NULL too`() async throws {
        try await withConnection { connection in
            let rows = try await connection.run([
                Self.echo(Int16.min, Int32.max, Int64.min, true, -0.0, "łódź \u{1F600}", Data([0, 255])),
                Self.echo(nil as Int16?, nil as Int32?, nil as Int64?, nil as Bool?, nil as Double?, nil as String?, nil as Data?),
                Self.echo(Int16(0), Int32(0), Int64(0), false, Double.infinity, "", Data()),
            ])
            #expect(try rows[0].first("i2", Int16.self) == .min)
            #expect(try rows[0].first("i4", Int32.self) == .max)
            #expect(try rows[0].first("i8", Int64.self) == .min)
            #expect(try rows[0].first("b", Bool.self) == true)
            #expect(try rows[0].first("f", Double.self)?.sign == .minus)
            #expect(try rows[0].first("t", String.self) == "łódź \u{1F600}")
            #expect(try rows[0].first("d", Data.self) == Data([0, 255]))
            #expect(try rows[1].column("i8", Int64.self)[ifPresent: 0] == nil)
            #expect(try rows[1].column("t", String.self)[ifPresent: 0] == nil)
            #expect(try rows[1].column("d", Data.self)[ifPresent: 0] == nil)
            #expect(try rows[2].first("t", String.self) == "" && rows[2].first("d", Data.self) == Data())
            #expect(try rows[2].first("f", Double.self) == .infinity)
        }
    }

    @Test func `random arrays of every type arrive, with NULLs in them`() async throws {
        try await withConnection { connection in
            try await forAllInTurn(30) { generator, comment in
                let count = generator.number(0...30)
                let i2 = generator.list(count...count) { $0.maybe { Int16.random(in: .min ... .max, using: &$0) } }
                let i4 = generator.list(count...count) { $0.maybe { Int32.random(in: .min ... .max, using: &$0) } }
                let i8 = generator.list(count...count) { $0.maybe { Int64.random(in: .min ... .max, using: &$0) } }
                let b = generator.list(count...count) { $0.maybe { $0.coin() } }
                let f = generator.list(count...count) { $0.maybe { Double.random(in: -1...1, using: &$0) } }
                // PostgreSQL's text has no NUL.
                let t = generator.list(count...count) { $0.maybe { String(decoding: $0.bytes(), as: UTF8.self).replacing("\0", with: "") } }
                let d = generator.list(count...count) { $0.maybe { $0.bytes() } }
                let rows = try await connection.run([Self.unnest(i2, i4, i8, b, f, t, d)])[0]
                func values<Value: PostgresValue>(_ name: String, _ type: Value.Type) throws -> [Value?] {
                    let column = try rows.column(name, type)
                    return try rows.indices.map { try column[ifPresent: $0] }
                }
                #expect(try values("i2", Int16.self) == i2, comment)
                #expect(try values("i4", Int32.self) == i4, comment)
                #expect(try values("i8", Int64.self) == i8, comment)
                #expect(try values("b", Bool.self) == b, comment)
                #expect(try values("f", Double.self) == f, comment)
                #expect(try values("t", String.self) == t, comment)
                #expect(try values("d", Data.self) == d, comment)
            }
        }
    }

    @Test func `unnest gives a row for each element`() async throws {
        let query = PostgresQuery("unnest", "SELECT i, d FROM unnest($1::bigint[], $2::bytea[]) AS u(i, d) ORDER BY i")
        try await withConnection { connection in
            let ids = (0..<1000).map { Int64($0) }
            let payloads = ids.map { $0 % 7 == 0 ? nil : Data(repeating: UInt8($0 % 256), count: Int($0 % 50)) }
            let rows = try await connection.run([query(ids, payloads)])[0]
            #expect(try rows.count == 1000 && rows.values("i", Int64.self) == ids)
            let column = try rows.column("d", Data.self)
            for row in rows.indices { #expect(try column[ifPresent: row] == payloads[row]) }
        }
    }

    @Test func `an answer that is not as it was asked for is an error that says so`() async throws {
        try await withConnection { connection in
            let rows = try await connection.sql("SELECT 1::int AS a, 'x'::text AS t, NULL::bigint AS n, 1::bigint AS d, 2::bigint AS d")
            func error(_ body: () throws -> Void) -> PostgresError? { #expect(throws: PostgresError.self) { try body() } }
            #expect(error { _ = try rows.column("a", Int64.self) }?.message.contains("has int4 in column 'a', not int8") == true)
            #expect(error { _ = try rows.column("missing", Int64.self) }?.message.contains("has no column 'missing'") == true)
            #expect(error { _ = try rows.column("d", Int64.self) }?.message.contains("has 2 columns 'd'") == true)
            #expect(error { _ = try rows.column("t", Data.self) }?.code == .unexpectedAnswer)
            let null = error { _ = try rows.column("n", Int64.self)[0] }
            #expect(null?.message.contains("has NULL in column 'n'") == true && null?.outcome == .unknown)
            #expect(error { _ = try rows.column("t", String.self)[1] }?.message.contains("has 1 rows") == true)
        }
    }

    @Test func `an error shows no value`() async throws {
        let table = uniqueTable()
        try await withConnection { connection in
            try await connection.sql("CREATE TABLE \(table) (id bigint, secret text)")
            try await connection.sql(
                "CREATE VIEW \(table)_view AS SELECT * FROM \(table) WHERE id < 5 WITH CHECK OPTION")
            let insert = PostgresQuery("insert", "INSERT INTO \(table)_view VALUES ($1, $2)")
            let row = await #expect(throws: PostgresError.self) { try await connection.run([insert(Int64(7), "hunter2")]) }
            #expect(row?.sqlState == "44000" && row?.message.contains("hunter2") == false, "\(row?.message ?? "")")
            let cast = PostgresQuery("cast", "SELECT $1::text::smallint")
            for value in ["70077", "hunter2"] {
                let error = await #expect(throws: PostgresError.self) { try await connection.run([cast(value)]) }
                #expect(error?.sqlState?.hasPrefix("22") == true && error?.message.contains(value) == false, "\(error?.message ?? "")")
                #expect(error?.message.contains("smallint") == true)
            }
        }
    }

    @Test func `text with a NUL is refused by the server, and the connection goes on`() async throws {
        try await withConnection { connection in
            let error = await #expect(throws: PostgresError.self) {
                try await connection.run([PostgresQuery("text", "SELECT $1::text")("a\0b")])
            }
            #expect(error?.sqlState == "22021" && error?.outcome == .notCommitted)
            #expect(try await connection.value(Int32.self, "1") == 1)
            try await connection.sql("SELECT 1")
        }
    }
}
