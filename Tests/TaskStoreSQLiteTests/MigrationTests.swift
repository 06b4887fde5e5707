import Foundation
import GRDB
import TaskGridCore
import TaskStore
import TaskStoreConformance
import Testing

@testable import TaskStoreSQLite

@Suite("Stores of earlier versions")
struct MigrationTests {
    @Test func `a store of the last version knows how many tasks each type has`() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            let old = try DatabaseQueue(path: path)
            try Schema.migrator.migrate(old, upTo: "4")
            try await old.write { database in
                try database.execute(
                    sql: """
                        UPDATE store SET last_task = 3, pruned = 1, pruned_to = 1;
                        INSERT INTO type (id, name, submitted, succeeded) VALUES (1, 'reverse', 1, 1), (2, 'sum', 2, 2), (3, 'hash', 0, 0);
                        INSERT INTO submission (first, count, key, form, created) VALUES (1, 1, 'a', 0, 1), (2, 2, 'b', 1, 1);
                        INSERT INTO task VALUES (2, 2, 0, 0, 3, NULL, x'61'), (3, 2, 0, 1, 3, NULL, x'61');
                        INSERT INTO ending (id, type, state, attempt, run, completed, worker)
                            VALUES (2, 2, 5, 1, 1, 1, 'w'), (3, 2, 5, 1, 1, 1, 'w');
                        """
                )
            }
            try old.close()
            let store = try await SQLiteTaskStore(path: path)
            let receipt = try await store.commit(
                StoreChanges(forgettings: [Forgetting(type: TaskType(literal: "hash")), Forgetting(type: .reverse), Forgetting(type: .sum)])
            )
            #expect(receipt.forgettings == [true, true, false])
            #expect(try await store.countsOfForgotten().succeeded == 1)
            while try await store.prune(before: .at(50), keeping: 100, limit: 1) > 0 {}
            #expect(try await store.forget(.sum))
            #expect(try await store.countsOfForgotten().succeeded == 3)
            await store.close()
        }
    }

    @Test func `a submission that an earlier version accepted stands for what its tasks say`() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            var migrator = DatabaseMigrator()
            let old = try DatabaseQueue(path: path)
            migrator = Schema.migrator
            try migrator.migrate(old, upTo: "4")
            try await old.write { database in
                try database.execute(
                    sql: """
                        INSERT INTO type (id, name, submitted) VALUES (1, 'reverse', 3);
                        INSERT INTO submission (first, count, key, form, created) VALUES (1, 1, 'k', 0, 1700000000000);
                        INSERT INTO task VALUES (1, 1, 0, 0, 3, NULL, x'68656c6c6f');
                        INSERT INTO submission (first, count, key, form, created) VALUES (2, 2, 'gone', 1, 1700000000500);
                        INSERT INTO task VALUES (3, 1, 0, 1, 3, NULL, x'61');
                        INSERT INTO stretch VALUES (1, 0, 1, 1, 1);
                        INSERT INTO stretch VALUES (1, 0, 3, 3, 1);
                        UPDATE store SET last_task = 3, pruned = 1, pruned_to = 2;
                        UPDATE type SET succeeded = 1;
                        """)
            }
            try old.close()
            let store = try await SQLiteTaskStore(path: path)
            #expect(try await store.clock() == StoreClockReading(clock: .at(500), wall: .at(500)))
            #expect(try await store.submit(.of(key: "k", [.text("hello")])).conflict == nil)
            #expect(try await store.submit(.of(key: "k", [.text("other")])).conflict == .reverse)
            var forged = NewSubmission.of(.sum, key: "k", [.text("other")])
            forged.submission.fingerprint = Fingerprint(NewSubmission.of(key: "k", [.text("hello")]).submission)
            #expect(try await store.submit(forged).conflict == .reverse)
            #expect(try await store.submit(.of(key: "gone", [.text("?"), .text("a")])).conflict == nil)
            #expect(try await store.submit(.of(key: "gone", [.text("?")])).conflict == .reverse)
            #expect(try await store.submit(.of(key: "new", [.text("x")])).first == 4)
            await store.close()
        }
    }

    @Test func `a store of the version before is migrated`() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            let before = try DatabaseQueue(path: path)
            try Schema.migrator.migrate(before, upTo: "2")
            try await before.write { try $0.execute(sql: "INSERT INTO type (name, submitted, failed) VALUES ('reverse', 3, 3)") }
            try before.close()
            let store = try await SQLiteTaskStore(path: path)
            #expect(try await store.counts(of: .reverse).failed == 3)
            let term = try await store.beginTerm()
            _ = try await store.commit(StoreChanges(term: term, submissions: [.of([.text("a")])]))
            #expect(try await store.counts(of: .reverse).submitted == 4)
            await store.close()
        }
    }

    @Test func `a store of the version before gets a secret when it is opened, and keeps it`() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            let before = try DatabaseQueue(path: path)
            try Schema.migrator.migrate(before, upTo: "9")
            try before.close()
            func proof() async throws -> Proof {
                let store = try await SQLiteTaskStore(path: path)
                let proof = store.proofKey.proof(of: 1, attempt: 1, type: .reverse)
                await store.close()
                return proof
            }
            #expect(try await proof() == proof())
            let secrets = try await DatabaseQueue(path: path).read { try Data.fetchAll($0, sql: "SELECT secret FROM store") }
            #expect(secrets.map(\.count) == [ProofKey.secretSize])
        }
    }

    @Test func `a key that an earlier version accepted holds for every user`() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            let before = try DatabaseQueue(path: path)
            try Schema.migrator.migrate(before, upTo: "10")
            let submission = NewSubmission.of(key: "k", [.text("hello")]).submission
            try await before.write { database in
                try database.execute(sql: "INSERT INTO type (id, name, submitted, kept) VALUES (1, 'reverse', 1, 1)")
                try database.execute(
                    sql: """
                        INSERT INTO submission (first, count, key, form, created, type, fingerprint)
                            VALUES (1, 1, 'k', 0, 1700000000000, 'reverse', ?)
                        """, arguments: [Fingerprint(submission).bytes])
                try database.execute(sql: "UPDATE store SET last_task = 1, keys = 1")
            }
            try before.close()
            let store = try await SQLiteTaskStore(path: path)
            for user in ["ann", "bob"] {
                var again = NewSubmission.of(key: "k", [.text("hello")])
                again.submission.user = user
                #expect(try await store.submit(again) == Accepted(first: 1, count: 1, isRepeat: true))
            }
            await store.close()
        }
    }
}
