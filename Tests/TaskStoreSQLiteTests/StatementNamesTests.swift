import GRDB
import Testing

@testable import TaskStoreSQLite

@Suite("Names in statements")
struct StatementNamesTests {
    @Test func `parameters are bound and columns read by the names in the text`() throws {
        try DatabaseQueue().read { database in
            let query = try BoundStatement(database, "SELECT :second AS b, :first AS a, :first || :second AS ab")
            try query.bind("1", to: ":first")
            try query.bind(Int64(2), to: ":second")
            let hasRow = try query.step()
            #expect(hasRow)
            let (a, b, ab) = try (query.text("a"), query.int("b"), query.text("ab"))
            #expect(a == "1" && b == 2 && ab == "12")
        }
    }

    @Test func `a name that the text lacks is an error, not a wrong value`() throws {
        try DatabaseQueue().read { database in
            let query = try BoundStatement(database, "SELECT :id AS id")
            do {
                try query.bind(Int64(1), to: ":i")
                Issue.record("a parameter that does not exist was bound")
            } catch let error as DatabaseError {
                #expect(error.message == "no parameter is called :i")
            }
            let hasRow = try query.step()
            #expect(hasRow)
            do {
                _ = try query.int64("i")
                Issue.record("a column that does not exist was read")
            } catch let error as DatabaseError {
                #expect(error.message == "no column is called i")
            }
        }
    }
}
