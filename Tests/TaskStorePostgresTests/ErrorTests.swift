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
        #expect(code(.accessRefused) == .noLogin && code(.noPassword) == .noLogin && code(.badSettings) == .noLogin)
        #expect(code(.unknownDatabase, "3D000") == .missing && code(.refused, "42P01") == .missing)
        #expect(code(.refused, "XX001") == .corrupt)
        #expect(code(.tooLarge) == .badRequest)
        for lost in [PostgresError.Code.connectionLost, .timedOut, .unreachable, .unsuitableServer] { #expect(code(lost) == .unavailable) }
        #expect(code(.refused, "22012") == .failed)
    }

    private func message(_ code: PostgresError.Code, _ state: String? = nil, advice: String? = nil) -> String {
        StoreError(PostgresError(code, "it did not work", advice: advice, sqlState: state), schema: "grid").message
    }

    @Test(arguments: [
        ("53300", StoreError.Code.unavailable, "no connection left"), ("42P05", .failed, "pool_mode = session"),
        ("26000", .failed, "pool_mode = session"), ("23514", .failed, "taskgrid store check"), ("42P07", .failed, "taskgrid store check"),
        ("42P01", .missing, "right USAGE"), ("3D000", .missing, "the database is not there"),
    ])
    func `each state has its own words`(state: String, code: StoreError.Code, words: String) {
        #expect(self.code(.refused, state) == code && message(.refused, state).contains(words))
    }

    @Test func `advice is given once, and is that of the connection where that knows more`() {
        let refused = message(.accessRefused, "28P01", advice: "check the password (--password-file)")
        #expect(refused == "store 'grid': the server refuses the login; check the password (--password-file) (it did not work)")
        #expect(message(.noPassword, advice: "chmod 600 it") == "store 'grid': it did not work: chmod 600 it")
        #expect(!message(.unreachable, advice: "is it running?").contains("is it running"))
        let readOnly = message(.unsuitableServer, advice: "set it off")
        #expect(readOnly == "store 'grid': the server takes no writes; set it off (it did not work)")
    }

    @Test func `it names the store, what happened, and what to do`() {
        let message = StoreError(PostgresError(.refused, "no space left", sqlState: "53100"), schema: "grid").message
        #expect(message.contains("'grid'") && message.contains("no space left") && message.contains("free space"))
    }
}
