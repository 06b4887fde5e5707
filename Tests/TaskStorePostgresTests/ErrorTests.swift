import Postgres
import TaskStore
import Testing

@testable import TaskStorePostgres

@Suite("Errors of PostgreSQL in a store")
struct ErrorTests {
    private func code(_ code: PostgresError.Code, _ state: String? = nil) -> StoreError.Code {
        StoreError(PostgresError(code, "it did not work", sqlState: state), schema: "grid").code
    }

    @Test func `each has the code that says what to do`() {
        #expect(code(.refused, "53100") == .diskFull)
        #expect(code(.refused, "55P03") == .locked && code(.refused, "40P01") == .locked)
        #expect(code(.refused, "25006") == .readOnly && code(.accessRefused, "42501") == .readOnly)
        #expect(code(.accessRefused) == .failed && code(.badSettings) == .failed)
        #expect(code(.unknownDatabase, "3D000") == .missing && code(.refused, "42P01") == .missing)
        #expect(code(.refused, "XX001") == .corrupt)
        #expect(code(.tooLarge) == .badRequest)
        for lost in [PostgresError.Code.connectionLost, .timedOut, .unreachable, .unsuitableServer] { #expect(code(lost) == .unavailable) }
        #expect(code(.refused, "22012") == .failed)
    }

    @Test func `it names the store, what happened, and what to do`() {
        let message = StoreError(PostgresError(.refused, "no space left", sqlState: "53100"), schema: "grid").message
        #expect(message.contains("'grid'") && message.contains("no space left") && message.contains("free space"))
    }
}
