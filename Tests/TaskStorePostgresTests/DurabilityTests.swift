import LocalGrid
import Postgres
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TestSupport
import Testing

@testable import TaskStorePostgres

@Suite("Durability", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(3)))
struct DurabilityTests {
    @Test func `a database whose commits need not be durable by default has durable ones of the store`() async throws {
        let schema = uniqueSchema()
        let url = try await TestDatabase.shared().url
        let store = try await open(schema, "\(url)&options=-csynchronous_commit%3Doff")
        _ = try await store.beginTerm()
        let setting = try await store.writer.connection.run([.init(.once("show", "SHOW synchronous_commit"))])[0]
        #expect(try setting.first("synchronous_commit", String.self) == "on")
        await store.close()
        try await drop(schema)
    }

    /// As an asynchronous standby does that goes on without the last commits, on the same timeline.
    @Test func `commits that the database has lost are told, and nothing goes on before a term is begun`() async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        let term = try await store.beginTerm()
        try await store.submit(.of([.text("a")]))
        try await sql(schema, "UPDATE slot SET turn = turn - 1")
        for _ in 0..<3 {
            let error = await #expect(throws: StoreError.self) { try await store.commit(StoreChanges(term: term, types: [.sum])) }
            #expect(error?.code == .unknown && error?.message.contains("lost") == true)
        }
        let next = try await store.beginTerm()
        #expect(try await store.commit(StoreChanges(term: next, submissions: [.of([.text("b")])])).submissions[0].first == 2)
        await store.close()
        try await drop(schema)
    }
}
