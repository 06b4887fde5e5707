import Foundation
import GRDB
import TaskGridCore
import TaskStore
import TaskStoreConformance
import Testing

@testable import TaskStoreSQLite

/// Promises about the SQLite store's file beyond the contract.
@Suite struct SQLiteFileTests {
    @Test func `everything is there after the file is opened again`() async throws {
        try await withFolder { folder in
            let path = folder + "/deep/er/store.db"
            let first = try await SQLiteTaskStore(path: path)
            try await first.submit(.of(key: "k", [.text("a"), .text("b"), .text("c", due: .at(9)), .text("d")]))
            _ = try await first.take(.of(limit: 1))
            try await first.end(.of(1))
            let counts = try await first.counts()
            let records = try await first.tasks(TaskFilter(), before: nil, limit: 9)
            await first.close()
            let log = try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? NSNumber
            #expect((log?.intValue ?? 0) == 0, "a closed file is whole by itself")

            let second = try await SQLiteTaskStore(path: path)
            #expect(second.identity == first.identity)
            #expect(try await second.counts() == counts)
            #expect(try await second.tasks(TaskFilter(), before: nil, limit: 9) == records)
            #expect(try await second.take().handOuts.map(\.task.id) == [2, 4])
            #expect(try await second.submit(.of([.text("e")])).first == 5)
            await second.close()
        }
    }

    @Test func `commits are synced to the log`() async throws {
        try await withFolder { folder in
            let store = try await SQLiteTaskStore(path: folder + "/store.db")
            try await store.submit(.of([.text("a")]))
            let (synchronous, journal) = try await store.database.writeWithoutTransaction { database in
                (try Int.fetchOne(database, sql: "PRAGMA synchronous"), try String.fetchOne(database, sql: "PRAGMA journal_mode"))
            }
            #expect(synchronous == 2)
            #expect(journal == "wal")
            await store.close()
        }
    }

    @Test func `the file is readable by its owner alone`() async throws {
        try await withFolder { folder in
            let path = folder + "/new/store.db"
            let store = try await SQLiteTaskStore(path: path)
            try await store.submit(.of([.text("a")]))
            for (name, mode) in [("", 0o600), ("-wal", 0o600), ("/..", 0o700)] {
                let file = name == "/.." ? folder + "/new" : path + name
                let attributes = try FileManager.default.attributesOfItem(atPath: file)
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == mode, "\(file)")
            }
            await store.close()
        }
    }

    @Test func `a transaction of a killed process is gone`() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
                let store = try await SQLiteTaskStore(path: path)
                try await store.submit(.of(key: "kept", [.text("a")]))
                // A small cache makes pages of the open transaction go to the log before it is committed.
                try await store.database.writeWithoutTransaction { database in
                    try database.execute(sql: "PRAGMA cache_size = 4")
                    try database.beginTransaction(.immediate)
                    var commit = try Commit(database)
                    let tasks = (0..<5000).map { Submission.Task.text("lost \($0)") }
                    _ = try commit.apply(StoreChanges(submissions: [.of(key: "lost", tasks)]))
                    kill(getpid(), SIGKILL)
                }
            }
            let log = try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? NSNumber
            #expect(try #require(log).intValue > 100_000, "the open transaction had reached the log")
            let store = try await SQLiteTaskStore(path: path)
            #expect(try await store.ids() == [1])
            #expect(try await store.counts(of: .reverse).submitted == 1)
            #expect(try await store.submit(.of(key: "kept", [.text("a")])).isRepeat)
            #expect(try await store.submit(.of(key: "lost", [.text("b")])) == Accepted(first: 2, count: 1, isRepeat: false))
            await store.close()
        }
    }

    @Test func `a locked file is an error until it is free`() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            let store = try await SQLiteTaskStore(path: path, busyTimeout: .milliseconds(1))
            let other = try DatabaseQueue(path: path)
            let error = try await locked(by: other) {
                await #expect(throws: StoreError.self) { try await store.submit(.of([.text("a")])) }
            }
            #expect(error?.code == .locked)
            #expect(error?.message.contains(path) == true)
            #expect(try await store.submit(.of([.text("b")])).first == 1)
            await store.close()
        }
    }

    /// Runs the body while another connection holds the file's write lock.
    private func locked<Value: Sendable>(by other: DatabaseQueue, _ body: () async throws -> Value) async throws -> Value {
        let (started, start) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let release = DispatchSemaphore(value: 0)
        other.asyncWriteWithoutTransaction { database in
            try? database.inTransaction(.immediate) {
                start.yield()
                release.wait()
                return .rollback
            }
            start.finish()
        }
        var iterator = started.makeAsyncIterator()
        _ = await iterator.next()
        let value: Value
        do {
            value = try await body()
        } catch {
            release.signal()
            throw error
        }
        release.signal()
        _ = await iterator.next()
        return value
    }

    @Test func `a folder that cannot be written is a clear error`() async throws {
        try await withFolder { folder in
            try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder)
            // In a process of its own: the superuser, whom no mode stops, becomes somebody else there.
            await #expect(processExitsWith: .success) { [folder = folder as String] in
                if geteuid() == 0 { #expect(seteuid(65534) == 0) }
                for path in [folder + "/store.db", folder + "/below/store.db"] {
                    let error = await #expect(throws: StoreError.self) { _ = try await SQLiteTaskStore(path: path) }
                    #expect(error?.code == .readOnly)
                    #expect(error?.message.contains(path) == true)
                }
            }
        }
    }

    @Test func `a full disk is an error until there is space`() async throws {
        try await withFolder { folder in
            let store = try await SQLiteTaskStore(path: folder + "/store.db")
            try await store.submit(.of(key: "kept", [.text("a")], handsOut: true))
            try await limitPages(of: store, to: 60)
            let large = NewSubmission.of(key: "large", (0..<40).map { _ in .text(String(repeating: "x", count: 10_000)) })
            let error = await #expect(throws: StoreError.self) {
                _ = try await store.commit(StoreChanges(submissions: [large], endings: [.of(1)]))
            }
            #expect(error?.code == .diskFull)
            #expect(error?.message.contains("store.db") == true)
            #expect(try await store.ids() == [1])
            #expect(try await store.task(1)?.status == .queued)

            try await limitPages(of: store, to: 100_000)
            #expect(try await store.submit(large) == Accepted(first: 2, count: 40, isRepeat: false))
            #expect(try await store.end(.of(1)) == [true])
            #expect(try await store.counts(of: .reverse).balances)
            await store.close()
        }
    }

    private func limitPages(of store: SQLiteTaskStore, to count: Int) async throws {
        try await store.database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(count)") }
    }

    @Test func `a file of a newer version is refused`() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            let store = try await SQLiteTaskStore(path: path)
            try await store.database.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('1000')") }
            await store.close()
            let error = await #expect(throws: StoreError.self) { _ = try await SQLiteTaskStore(path: path) }
            #expect(error?.code == .newerVersion)
        }
    }

    /// One of the third version, with a row for each open task: `a` and `b` handed out, `c` deferred, `d` scheduled, `e` and `f` waiting,
    /// of which one expires, `g` ended and `h` gone.
    @Test func `a file of an older version is migrated`() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            let old = try DatabaseQueue(path: path)
            try Schema.migrator.migrate(old, upTo: "3")
            try await old.write { database in
                try database.execute(
                    sql: """
                        UPDATE store SET last_task = 8, pruned = 1;
                        INSERT INTO type (id, name, submitted, succeeded, failed) VALUES (1, 'reverse', 8, 1, 1);
                        INSERT INTO submission VALUES (1, 8, 'k', 'client', 'c', 1, 1700000000000);
                        INSERT INTO task VALUES (1, 1, 0, 0, 3, NULL, x'61'), (2, 1, 0, 1, 3, NULL, x'62'), (3, 1, 0, 2, 3, NULL, x'63'),
                            (4, 1, 0, 3, 3, NULL, x'64'), (5, 1, 0, 4, 3, NULL, x'65'), (6, 1, 0, 5, 3, NULL, x'66'),
                            (7, 1, 0, 6, 3, NULL, x'67');
                        INSERT INTO open (type, priority, id, attempt, failures, due, expires) VALUES (1, 0, 1, NULL, 0, NULL, NULL),
                            (1, 0, 2, NULL, 0, NULL, NULL), (1, 0, 3, 2, 1, NULL, NULL), (1, 0, 4, 1, 1, 1700000000050, NULL),
                            (1, 0, 5, NULL, 0, NULL, NULL), (1, 0, 6, NULL, 0, NULL, 1700000000090);
                        INSERT INTO cursor VALUES (1, 0, 4);
                        INSERT INTO ending VALUES (7, 1, 5, 1, 9, 1700000000009, 'w', NULL, x'67');
                        """
                )
            }
            try old.close()

            let store = try await SQLiteTaskStore(path: path)
            let counts = try await store.counts(of: .reverse)
            #expect(counts.queued == 3 && counts.scheduled == 1 && counts.pending == 2 && counts.balances)
            let handedOut = try await store.handedOut()
            #expect(handedOut.map(\.id) == [1, 2, 3] && handedOut.map(\.attempt) == [1, 1, 2] && handedOut.map(\.failures) == [0, 0, 1])
            #expect(try await store.expired(at: .at(90), limit: 9).map(\.id) == [6])
            #expect(try await store.ids() == [7, 6, 5, 4, 3, 2, 1])
            #expect(try await store.take(.of(now: .at(60))).handOuts.map(\.task.id) == [4, 5, 6])
            let endings = (1...8).map { NewEnding.of(TaskID(Int64($0))) }
            #expect(try await store.commit(StoreChanges(endings: endings)).endings == [true, true, true, true, true, true, false, false])
            #expect(try await store.counts(of: .reverse).balances)
            #expect(try await store.submit(.of([.text("i")])).first == 9)
            await store.close()
        }
    }

    @Test func `a file that is no store is refused and left alone`() async throws {
        try await withFolder { folder in
            let text = folder + "/text.db"
            let words = Data(String(repeating: "no database ", count: 100).utf8)
            try words.write(to: URL(filePath: text))
            let first = await #expect(throws: StoreError.self) { _ = try await SQLiteTaskStore(path: text) }
            #expect(first?.code == .corrupt)
            #expect(try Data(contentsOf: URL(filePath: text)) == words)

            let foreign = folder + "/foreign.db"
            try await DatabaseQueue(path: foreign).write { try $0.execute(sql: "CREATE TABLE player (id INTEGER)") }
            let second = await #expect(throws: StoreError.self) { _ = try await SQLiteTaskStore(path: foreign) }
            #expect(second?.code == .corrupt)
        }
    }

    @Test func `a damaged file is a clear error`() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            let store = try await SQLiteTaskStore(path: path)
            try await store.submit(.of((0..<2000).map { .text("\($0)") }))
            await store.close()
            let file = try FileHandle(forUpdating: URL(filePath: path))
            let size = try file.seekToEnd()
            try file.seek(toOffset: 4096)
            try file.write(contentsOf: Data(repeating: 0xAA, count: Int(size) - 4096))
            try file.close()
            let error = await #expect(throws: StoreError.self) {
                let damaged = try await SQLiteTaskStore(path: path)
                _ = try await damaged.tasks(TaskFilter(), before: nil, limit: 5000)
            }
            #expect(error?.code == .corrupt)
        }
    }

    @Test func `closing waits for the calls under way`() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            let store = try await SQLiteTaskStore(path: path)
            let committed = await withTaskGroup(of: Bool.self) { group in
                for index in 0..<40 {
                    group.addTask {
                        do throws(StoreError) {
                            _ = try await store.counts()
                            _ = try await store.commit(StoreChanges(submissions: [.of([.text("a")])]))
                            return true
                        } catch {
                            #expect(error.code == .closed)
                            return false
                        }
                    }
                    if index == 20 {
                        group.addTask {
                            await store.close()
                            return false
                        }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            let again = try await SQLiteTaskStore(path: path)
            #expect(try await again.counts(of: .reverse).submitted == committed)
            await again.close()
        }
    }

    @Test func `a cancelled caller still learns of its commit`() async throws {
        try await withFolder { folder in
            let store = try await SQLiteTaskStore(path: folder + "/store.db")
            let accepted = try await withThrowingTaskGroup(of: Accepted.self) { group in
                group.addTask {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await store.submit(.of([.text("a")]))
                }
                return try await group.next()
            }
            #expect(accepted?.first == 1)
            #expect(try await store.ids() == [1])
            await store.close()
        }
    }

    @Test func `readers do not wait for a writer`() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            let store = try await SQLiteTaskStore(path: path)
            try await store.submit(.of([.text("a")]))
            let counts = try await locked(by: DatabaseQueue(path: path)) { try await store.counts() }
            #expect(counts[.reverse]?.pending == 1)
            await store.close()
        }
    }

    /// Every query that a running grid repeats is answered from an index, whatever the tables hold.
    @Test func `no hot statement scans a whole table`() async throws {
        let store = try await SQLiteTaskStore.inMemory()
        let plans = try await store.database.read { database in
            try [
                "SELECT 1 FROM \(OpenTask.inRanges) LIMIT 1",
                "SELECT * FROM \(OpenTask.inRanges) ORDER BY open_range.first, task.id LIMIT 1",
                "SELECT * FROM \(OpenTask.rows) WHERE open.type = 1 AND attempt IS NOT NULL AND due <= 1 ORDER BY due, open.id LIMIT 1",
                "SELECT due FROM open WHERE type = 1 AND attempt IS NOT NULL AND due IS NOT NULL ORDER BY due LIMIT 1",
                "SELECT id FROM open WHERE expires IS NOT NULL AND expires <= 1 ORDER BY expires LIMIT 1",
                "SELECT id, completed FROM ending WHERE id > 1 ORDER BY id LIMIT 1",
                "SELECT id FROM ending WHERE id < 9 AND type = 1 AND state = 6 AND state <> 5 ORDER BY id DESC LIMIT 1",
                "SELECT id FROM open WHERE id < 9 AND type = 1 AND attempt IS NOT NULL AND due IS NOT NULL ORDER BY id DESC LIMIT 1",
                "SELECT id FROM open INDEXED BY open_deferred WHERE id < 9 AND type = 1 AND attempt IS NOT NULL AND due IS NULL "
                    + "ORDER BY id DESC",
            ].flatMap { sql in
                let sql = "EXPLAIN QUERY PLAN " + sql.replacing(#/:[a-z]+/#, with: "1")
                return try Row.fetchAll(database, sql: sql).map { (sql, $0["detail"] as String) }
            }
        }
        for (sql, step) in plans {
            #expect(step.hasPrefix("SEARCH") || step.contains("SCALAR SUBQUERY"), "\(step): \(sql)")
        }
        await store.close()
    }
}
