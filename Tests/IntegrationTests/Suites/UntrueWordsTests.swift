import AMQP
import BuiltinWorkers
import Foundation
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TestSupport
import Testing

/// Clients and workers in plain AMQP that say what is not true, or do not do what they should.
@Suite("Words that are not true", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct UntrueWordsTests {
    private func submission(_ client: PlainClient, type: String, _ headers: [String: FieldValue] = [:]) -> Message {
        Message(
            properties: BasicProperties(
                headers: headers, isPersistent: true, correlationID: "c-1", replyTo: client.id, messageID: UUID().uuidString, type: type
            ), body: Data("hello".utf8)
        )
    }

    @Test func `a bad type name, and a routing key of another type, are answered as rejected`() async throws {
        try await Grid.run { grid in
            _ = try await grid.startWorkers([Reverse()])
            let client = PlainClient(grid)
            try await client.run { replies in
                let refused = [("Greet", "Greet", "malformed: bad_property"), ("reverse", "hash", "malformed: type_mismatch")]
                for (number, (type, key, code)) in refused.enumerated() {
                    try await client.submit(submission(client, type: type), key: key)
                    try await replies.wait(beyond: number)
                    let properties = replies.entries[number].properties
                    #expect(properties.headers["taskgrid-status"] == "rejected")
                    #expect(properties.headers["taskgrid-error"]?.text?.hasPrefix(code) == true)
                    #expect(properties.correlationID == "c-1" && properties.type == type)
                }
            }
        }
    }

    @Test(arguments: [["taskgrid-expires": 1], ["taskgrid-expiry-ms": 0]] as [[String: FieldValue]])
    func `a task that has expired when it is accepted ends as expired`(headers: [String: FieldValue]) async throws {
        try await Grid.run { grid in
            _ = try await grid.startWorkers([Reverse()])
            let client = PlainClient(grid)
            try await client.run { replies in
                try await client.submit(submission(client, type: "reverse", headers), key: "reverse")
                try await replies.wait(beyond: 1)
                #expect(replies.entries.prefix(2).map { $0.properties.headers["taskgrid-status"] } == ["accepted", "expired"])
            }
        }
    }

    @Test
    func `a success for a task that is due later ends nothing, and an attempt that runs on after its timeout is ended in time`()
        async throws
    {
        let type = TaskType(literal: "shout")
        try await Grid.run { grid in
            try await PlainWorker(grid, type: type).run { worker in
                try await worker.tell("register")
                try await grid.knows(type)
                let options = TaskOptions(TaskSettings(maxAttempts: 1, timeout: .milliseconds(300)))
                let submitted = try await grid.client.submitAndWatch(
                    type, payloads: ["slow"].payloads, options: options, within: .seconds(60)
                )
                let later = try await grid.client.submit(type, payload: Data(), options: TaskOptions(TaskSettings(delay: .seconds(3600))))
                try await worker.work.wait(beyond: 0)
                let delivery = worker.work.entries[0]
                try await worker.tell("heartbeat", running: [delivery])
                let start = ContinuousClock.now
                for try await ending in submitted.endings {
                    #expect(ending.error?.code == .timedOut)
                    break
                }
                #expect(start.duration(to: .now) > .seconds(2))
                try await worker.answer(delivery, "succeeded", "late")

                try await worker.claim(later, like: delivery)
                _ = try await grid.logs.first { $0.message == "result refused, it has not the proof of its work" ? true : nil }
                #expect(try await grid.client.status(later).status == .scheduled)
                #expect(try await grid.client.status(submitted.ids[0]).error?.code == .timedOut)
            }
        }
    }

    @Test
    func `a key that is used for something else is key_reused; the same submission gives the known ending without delay`() async throws {
        try await Grid.run { grid in
            _ = try await grid.startWorkers([Reverse(), Upper()])
            let options = TaskOptions(key: "k")
            let first = try await grid.client.run(Reverse().type, payload: Data("hello".utf8), options: options, within: .seconds(60))
            let error = await #expect(throws: ClientError.self) {
                _ = try await grid.client.run(Upper().type, payload: Data("other".utf8), options: options, within: .seconds(60))
            }
            #expect(error?.rejection?.code == .keyReused)
            #expect(error?.message.contains("task \(first.id) of type reverse") == true)
            let other = GridClient(endpoint: grid.endpoint, topology: grid.topology, logger: grid.logger)
            try await other.start(within: .seconds(30))
            let start = ContinuousClock.now
            let again = try await other.run(Reverse().type, payload: Data("hello".utf8), options: options, within: .seconds(60))
            #expect(again.id == first.id && again.result == first.result)
            #expect(start.duration(to: .now) < .seconds(5), "the client asks each ten seconds for what it is not told")
            await other.close()
        }
    }
}
