import AMQP
import Foundation
import TaskGridCore
import TaskStore
import Testing

@Suite struct AcceptanceTests {
    @Test(arguments: StoreFactory.all)
    func `ids are consecutive and rise`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            let receipt = try await store.commit(
                StoreChanges(submissions: [.of([.text("a")]), .of(.sum, [.text("b"), .text("c"), .text("d")]), .of([.text("e")])])
            )
            #expect(receipt.submissions.map(\.first) == [1, 2, 5])
            #expect(receipt.submissions.map(\.count) == [1, 3, 1])
            #expect(receipt.submissions.allSatisfy { !$0.isRepeat })
            #expect(try await store.submit(.of([.text("f")])).first == 6)
            #expect(try await store.types() == [.reverse, .sum])
        }
    }

    @Test(arguments: StoreFactory.all)
    func `a repeated key is answered alike and adds nothing`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            let submission = NewSubmission.of(key: "k", [.text("a"), .text("b")])
            let receipt = try await store.commit(StoreChanges(submissions: [submission, submission]))
            #expect(receipt.submissions[0] == Accepted(first: 1, count: 2, isRepeat: false))
            #expect(receipt.submissions[1] == Accepted(first: 1, count: 2, isRepeat: true))
            #expect(try await store.submit(submission) == Accepted(first: 1, count: 2, isRepeat: true))
            #expect(try await store.counts(of: .reverse).submitted == 2)
            #expect(try await store.submit(.of([.text("c")])).first == 3)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `a submission without tasks leaves no trace`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            let accepted = try await store.submit(.of(key: "k", []))
            #expect(accepted.count == 0)
            #expect(try await store.submit(.of(key: "k", [.text("a")])) == Accepted(first: 1, count: 1, isRepeat: false))
        }
    }

    @Test(arguments: StoreFactory.all)
    func `a record holds what was submitted`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            let payload = Data([0, 0xff, 0x80])
            let backoff = Backoff(base: .seconds(5), ceiling: .seconds(60), growth: .linear)
            var new = NewSubmission.of(key: "k", [.text("x"), .text("")], created: .at(5))
            new.submission.tasks[0] = Submission.Task(
                payload: payload,
                settings: TaskSettings(
                    maxAttempts: 7, backoff: backoff, timeout: .seconds(3), priority: 4, due: .at(99), expires: .at(1000)))
            try await store.submit(new)
            let record = try #require(try await store.task(1))
            #expect(
                record
                    == TaskRecord(
                        id: 1, type: .reverse, payload: payload, status: .scheduled, created: .at(5),
                        settings: TaskSettings(maxAttempts: 7, backoff: backoff, timeout: .seconds(3), priority: 4),
                        due: .at(99), key: "k/0", expires: .at(1000)
                    )
            )
            let second = try #require(try await store.task(2))
            #expect(second.payload.isEmpty && second.settings.maxAttempts == 3 && second.key == "k/1" && second.status == .pending)
            #expect(
                try await store.open(1)
                    == OpenTask(
                        id: 1, type: .reverse, settings: TaskSettings(maxAttempts: 7, backoff: backoff, timeout: .seconds(3), priority: 4),
                        created: .at(5), attempt: 0,
                        expires: .at(1000), client: "client-1", correlation: "c-k", form: .batch
                    )
            )
            try await store.submit(.of(key: "lone", [.text("y")]))
            #expect(try await store.task(3)?.key == "lone")
        }
    }

    @Test(arguments: StoreFactory.all)
    func `types are known without tasks`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            _ = try await store.commit(StoreChanges(types: [.sum, .reverse, .sum]))
            #expect(try await store.types() == [.reverse, .sum])
            #expect(try await store.counts() == [.reverse: TaskCounts(), .sum: TaskCounts()])
        }
    }

    @Test(arguments: StoreFactory.all)
    func `empty changes return an empty receipt`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            let receipt = try await store.commit(StoreChanges())
            #expect(receipt == StoreReceipt())
        }
    }

    @Test(arguments: StoreFactory.all)
    func `the identity of a store is a UUID`(factory: StoreFactory) async throws {
        try await factory.withStore { store in #expect(UUID(uuidString: store.identity) != nil) }
    }
}
