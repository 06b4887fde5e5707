import AMQP
import Foundation
import TaskGridCore
import TestSupport
import Testing

/// A written message is read back the same, one task or many.
@Suite struct RoundTripTests {
    @Test func `submissions come back as they were written`() throws {
        try forAll { generator, seed in
            let submission = Submission.random(using: &generator)
            let readSubmission = try Submission(submission.message())
            #expect(readSubmission == submission, seed)
        }
    }

    @Test func `work comes back as it was written`() throws {
        try forAll { generator, seed in
            let work = Work.random(using: &generator)
            let readWork = try Work(work.message(isPersistent: .random(using: &generator)))
            #expect(readWork == work, seed)
        }
    }

    @Test func `results come back as they were written`() throws {
        try forAll { generator, seed in
            let results = Results.random(using: &generator)
            let readResults = try Results(results.message(isPersistent: .random(using: &generator)))
            #expect(readResults == results, seed)
        }
    }

    @Test func `replies come back as they were written`() throws {
        try forAll { generator, seed in
            let reply = Reply.random(using: &generator)
            let readReply = try Reply(reply.message())
            #expect(readReply == reply, seed)
        }
    }

    @Test func `registry messages come back as they were written`() throws {
        try forAll { generator, seed in
            let registry = RegistryMessage.random(using: &generator)
            for kind in [RegistryMessage.Kind.register, .heartbeat, .deregister] {
                let (readKind, read) = try RegistryMessage.decode(registry.message(kind))
                #expect(readKind == kind && read == registry, seed)
            }
        }
    }

    @Test func `events come back as they were written`() throws {
        try forAll { generator, seed in
            let task = TypeEvent.random(using: &generator)
            let readTask = try JSON.decode(TypeEvent.self, Message.event(task).body)
            #expect(readTask == task, seed)
            let worker = WorkerEvent(
                kind: .left, reason: generator.maybe { _ in .leaseExpired }, at: generator.timestamp(), worker: .random(using: &generator)
            )
            let readWorker = try JSON.decode(WorkerEvent.self, Message.event(worker).body)
            #expect(readWorker == worker, seed)
            let grid = GridEvent(kind: .error, service: generator.text(), at: generator.timestamp(), message: generator.text())
            let readGrid = try JSON.decode(GridEvent.self, Message.event(grid).body)
            #expect(readGrid == grid, seed)
        }
    }

    /// Delivery modes: a submission outlives the broker's restart; the others as asked for.
    @Test func `submissions are persistent, work and results as asked for`() {
        var generator = Seeded(seed: 1)
        #expect(Submission.random(using: &generator).message().properties.isPersistent)
        for isPersistent in [true, false] {
            #expect(Work.random(using: &generator).message(isPersistent: isPersistent).properties.isPersistent == isPersistent)
            #expect(Results.random(using: &generator).message(isPersistent: isPersistent).properties.isPersistent == isPersistent)
        }
    }

    @Test func `the largest batch comes back whole`() throws {
        let tasks = Array(repeating: Submission.Task(payload: Data("x".utf8)), count: WireFormat.maximumRecords)
        let submission = Submission(form: .batch, type: TaskType(literal: "t"), key: "k", tasks: tasks)
        #expect(try Submission(submission.message()).tasks.count == WireFormat.maximumRecords)
    }
}
