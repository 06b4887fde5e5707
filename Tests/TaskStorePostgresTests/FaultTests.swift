import Foundation
import LocalGrid
import Logging
import Postgres
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TestSupport
import Testing

@testable import TaskStorePostgres

@Suite("A PostgreSQL that fails under a store", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(10)))
struct FaultTests {
    private func code(_ body: () async throws -> Void) async -> StoreError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? StoreError)?.code
        }
    }

    /// Something of everything, so that a commit has all of its statements.
    private func changes(_ term: Term, _ number: Int) -> StoreChanges {
        var changes = StoreChanges(
            term: term, types: [TaskType(literal: "hash")],
            submissions: [.of(key: "key-\(number)", [.text("a"), .text("b", priority: 3, due: .at(90)), .text("c", expires: .at(900))])],
            endings: [.of(1, .failed), .of(2)], reopenings: [Reopening(id: 1)],
            schedules: [Schedule(id: 3, type: .reverse, attempt: 1, failures: 1, due: .at(1))],
            attempts: [EndedAttempt(id: 3, attempt: .ended(1, .failed, at: .at(5), after: nil, worker: "w"))],
            pauses: [Pausing(type: .reverse, pause: Pause())])
        _ = changes.take(.of(limit: 2, now: .at(10)))
        return changes
    }

    /// Each journey of a commit is cut, on the way there and on the way back. The error says whether it was made, and the store goes on.
    @Test(arguments: [ByteProxy.Direction.towardServer, .towardClient])
    func `a connection that is cut within a commit leaves all of it or nothing, and the error says which`(
        direction: ByteProxy.Direction
    ) async throws {
        let cutter = try await Cutter(to: TestDatabase.shared().port)
        defer { cutter.stop() }
        let url = try await TestDatabase.shared().url(host: "127.0.0.1:\(cutter.port)") + "&sslmode=disable"
        var codes: Set<StoreError.Code> = []
        for journeys in 0... {
            let schema = uniqueSchema()
            let store = try await open(schema, url)
            let term = try await store.beginTerm()
            try await store.submit(.of(key: "first", (0..<8).map { .text("\($0)") }, handsOut: true))
            _ = try await store.commit(StoreChanges(term: term, types: [.sum]))
            let before = try await store.counts()
            cutter.cut(direction, after: journeys)
            let thrown = await code { _ = try await store.commit(changes(term, 1)) }
            let wasCut = cutter.heal()
            #expect((thrown != nil) == wasCut, "after \(journeys) journeys")
            guard let thrown else {
                await store.close()
                try await drop(schema)
                break
            }
            codes.insert(thrown)
            #expect([.unavailable, .unknown].contains(thrown), "after \(journeys) journeys")
            let after = try await store.counts()
            if thrown == .unavailable { #expect(after == before, "after \(journeys) journeys") }
            // Nothing is believed that is not so.
            let again = thrown == .unknown ? try await store.beginTerm() : term
            let contents = try await store.writer.contents()
            #expect(contents?.memory == contents?.rows)
            let receipt = try await store.commit(changes(again, 1))
            #expect(receipt.submissions[0].isRepeat == (after != before), "after \(journeys) journeys")
            for counts in try await store.counts().values { #expect(counts.balances) }
            let last = try await store.writer.contents()
            #expect(last?.memory == last?.rows)
            await store.close()
            try await drop(schema)
        }
        #expect(codes == [.unavailable, .unknown], "\(direction)")
    }

    @Test(arguments: [ByteProxy.Direction.towardServer, .towardClient])
    func `a small commit goes in one journey, and one that is cut on it is made whole or not at all`(
        direction: ByteProxy.Direction
    ) async throws {
        let cutter = try await Cutter(to: TestDatabase.shared().port)
        defer { cutter.stop() }
        let url = try await TestDatabase.shared().url(host: "127.0.0.1:\(cutter.port)") + "&sslmode=disable"
        let schema = uniqueSchema()
        let store = try await open(schema, url)
        var term = try await store.beginTerm()
        try await store.submit(.of(key: "first", [.text("a"), .text("b")], handsOut: true))
        for number in 0..<2 {
            let changes = {
                StoreChanges(term: $0, submissions: [.of(key: "key-\(number)", [.text("c")])], endings: [.of(TaskID(Int64(number) + 1))])
            }
            let before = try await store.counts()
            cutter.cut(direction, after: number)
            let thrown = await code { _ = try await store.commit(changes(term)) }
            #expect(cutter.heal() == (number == 0) && (thrown != nil) == (number == 0))
            if thrown == nil { break }
            #expect(thrown == .unknown)
            term = try await store.beginTerm()
            let isMade = try await store.counts() != before
            let receipt = try await store.commit(changes(term))
            #expect(receipt.submissions[0].isRepeat == isMade && receipt.endings == [!isMade])
            let contents = try await store.writer.contents()
            #expect(contents?.memory == contents?.rows)
        }
        await store.close()
        try await drop(schema)
    }

    @Test(arguments: [ByteProxy.Direction.towardServer, .towardClient])
    func `a connection that is cut while partitions are made keeps no later commit out`(direction: ByteProxy.Direction) async throws {
        let cutter = try await Cutter(to: TestDatabase.shared().port)
        defer { cutter.stop() }
        let url = try await TestDatabase.shared().url(host: "127.0.0.1:\(cutter.port)") + "&sslmode=disable"
        var wereLeft = false
        for journeys in 0... {
            let schema = uniqueSchema()
            try await open(schema).close()
            try await sql(schema, "UPDATE slot SET last_task = \(2 * Block.size - 1)")
            let store = try await open(schema, url)
            let term = try await store.beginTerm()
            let new = NewSubmission.of(key: "first", [.text("a")])
            cutter.cut(direction, after: journeys)
            let thrown = await code { _ = try await store.commit(StoreChanges(term: term, submissions: [new])) }
            _ = cutter.heal()
            if let thrown {
                let isMade = try await sql(schema, "SELECT number FROM block WHERE number = 2")[0].count == 1
                wereLeft = wereLeft || isMade && thrown == .unavailable
                let again = thrown == .unknown ? try await store.beginTerm() : term
                let receipt = try await store.commit(StoreChanges(term: again, submissions: [new]))
                #expect(receipt.submissions[0].first == TaskID(2 * Block.size), "after \(journeys) journeys")
                try await until { try await sql(schema, "SELECT number FROM block WHERE number = 3")[0].count == 1 }
            }
            await store.close()
            try await drop(schema)
            if thrown == nil { break }
        }
        #expect(wereLeft, "\(direction)")
    }

    @Test func `another dispatcher's term supersedes this one's, in commits and in what goes on beside them`() async throws {
        let schema = uniqueSchema()
        let (active, standby) = (try await open(schema), try await open(schema))
        let first = try await active.beginTerm()
        try await active.submit(.of([.text("a"), .text("b", due: .at(50))]))
        let second = try await standby.beginTerm()
        #expect(second > first)
        let error = await #expect(throws: StoreError.self) {
            try await active.commit(StoreChanges(term: first, submissions: [.of([.text("c")])]))
        }
        #expect(error?.code == .superseded && error?.message.contains(schema) == true)
        #expect(
            await code { _ = try await active.prune(Retention(before: .at(0), keeping: 0, keysSince: .at(0)), limit: 9) } == .superseded)
        #expect(await code { _ = try await active.align(.seconds(1), after: nil, limit: 9) } == .superseded)
        #expect(try await standby.commit(StoreChanges(term: second, submissions: [.of([.text("c")])])).submissions[0].first == 3)
        await active.close()
        await standby.close()
        try await drop(schema)
    }

    @Test func `a server that was restarted is found again by the next call, in the same term`() async throws {
        try await TestDatabase.withServer { server in
            let store = try await open("grid", server.url)
            let term = try await store.beginTerm()
            try await store.submit(.of([.text("a")]))
            await server.stop()
            #expect(await code { _ = try await store.commit(StoreChanges(term: term, types: [.sum])) } == .unavailable)
            #expect(await code { _ = try await store.counts() } == .unavailable)
            #expect(await code { try await store.check() } == .unavailable)
            try await server.start()
            #expect(try await store.commit(StoreChanges(term: term, submissions: [.of([.text("b")])])).submissions[0].first == 2)
            #expect(try await store.counts(of: .reverse).pending == 2)
            await server.kill()
            #expect(await code { _ = try await store.commit(StoreChanges(term: term, types: [.sum])) } == .unavailable)
            try await server.start()
            #expect(try await store.take().handOuts.map(\.task.id) == [1, 2])
            try await store.check()
            await store.close()
        }
    }

    @Test func `a server that takes no writes is said to be read-only`() async throws {
        try await TestDatabase.withServer { server in
            let store = try await open("grid", server.url)
            _ = try await store.beginTerm()
            try server.configure(["default_transaction_read_only": "on"])
            try await until { await code { try await store.check() } == .readOnly }
            await store.close()
            // A new session has the new default.
            #expect(await code { _ = try await open("other", server.url) } == .readOnly)
            let again = try await open("grid", server.url)
            #expect(await code { _ = try await again.submit(.of([.text("a")])) } == .readOnly)
            try server.configure(["default_transaction_read_only": "off"])
            try await until { await code { try await again.check() } == nil }
            await again.close()
        }
    }

    @Test func `a standby that was promoted begins an epoch, and nothing goes on before a term is begun there`() async throws {
        try await TestDatabase.withServer(name: "primary") { primary in
            let standby = try await TestDatabase.standby(of: primary)
            try await standby.start()
            let hosts = "127.0.0.1:\(primary.port),127.0.0.1:\(standby.port)"
            let store = try await open("grid", primary.url(host: hosts) + "&target_session_attrs=read-write&connect_timeout=2")
            let term = try await store.beginTerm()
            let proof = store.proofKey.proof(of: 1, attempt: 1, type: .reverse)
            try await store.submit(.of([.text("a")]))
            // The standby has no table yet at first.
            try await until {
                let last = try? await sql("grid", "SELECT last_task FROM slot", url: standby.url)[0].first("last_task", Int64.self)
                return last == 1
            }
            await primary.kill()
            try await standby.promote()
            // The first call may find out that the connection is lost.
            #expect(await code { _ = try await store.commit(StoreChanges(term: term, types: [.sum])) } != nil)
            for _ in 0..<2 {
                #expect(await code { _ = try await store.commit(StoreChanges(term: term, types: [.sum])) } == .unknown)
            }
            let next = try await store.beginTerm()
            #expect(next > term && store.proofKey.proof(of: 1, attempt: 1, type: .reverse) != proof)
            #expect(
                try await store.commit(StoreChanges(term: next, submissions: [.of([.text("b")])])).submissions[0].first
                    == TaskID(2 + Block.size))
            #expect(try await store.counts(of: .reverse).pending == 2)
            await store.close()
            await standby.kill()
        }
    }

    @Test func `tables that are gone are missing, and those of a newer program are refused`() async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        try await sql(schema, "UPDATE grid SET version = 99")
        let newer = await #expect(throws: StoreError.self) { _ = try await open(schema) }
        #expect(newer?.code == .newerVersion && newer?.message.contains("99") == true)
        try await drop(schema)
        #expect(await code { try await store.check() } == .missing)
        #expect(await code { _ = try await store.submit(.of([.text("a")])) } == .missing)
        await store.close()
    }

    @Test func `a schema's name that PostgreSQL would cut is refused`() async throws {
        #expect(await code { _ = try await open(String(repeating: "x", count: 64)) } == .badRequest)
    }

    @Test func `text with a NUL is kept`() async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        var new = NewSubmission.of(key: "k\0", [.text("a"), .text("b")], handsOut: true)
        new.submission.correlation = "c\0"
        try await store.submit(new)
        #expect(try await store.submit(new).isRepeat)
        #expect(try await !store.submit(.of(key: "k", [.text("a")])).isRepeat)
        var ending = NewEnding.of(1, .failed)
        ending.error = TaskError(.failed, "no\0thing")
        try await store.end(ending)
        #expect(try await store.task(1)?.error == ending.error)
        #expect(try await store.task(1)?.key == "k\0/0")
        #expect(try await store.open(2)?.correlation == "c\0")
        await store.close()
        try await drop(schema)
    }

    @Test func `the password is in no error`() async throws {
        let error = await #expect(throws: StoreError.self) {
            _ = try await open("grid", "postgresql://nobody:secret-word@127.0.0.1:1/postgres")
        }
        #expect(error?.code == .unavailable && error?.message.contains("secret-word") == false)
    }

}
