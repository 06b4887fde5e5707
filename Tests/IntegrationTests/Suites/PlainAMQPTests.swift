import AMQP
import BuiltinWorkers
import Foundation
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TestSupport
import Testing

@Suite("Clients and workers in plain AMQP", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct PlainAMQPTests {
    @Test func `a client in plain AMQP is answered in single messages`() async throws {
        try await Grid.run { grid in
            _ = try await grid.startWorkers([Reverse()])
            let client = PlainClient(grid)
            try await client.run { replies in
                let properties = BasicProperties(
                    isPersistent: true, correlationID: "c-1", replyTo: client.id, messageID: UUID().uuidString, type: "reverse"
                )
                try await client.submit(Message(properties: properties, body: Data("hello".utf8)), key: "reverse")

                try await replies.wait(beyond: 0)
                let accepted = replies.entries[0]
                #expect(accepted.properties.headers["taskgrid-status"] == "accepted")
                #expect(accepted.properties.headers["taskgrid-count"] == 1)
                #expect(accepted.properties.correlationID == "c-1")
                #expect(accepted.properties.type == "reverse")
                #expect(accepted.properties.contentType == nil)
                #expect(accepted.properties.messageID.flatMap(Int.init) != nil)

                try await replies.wait(beyond: 1)
                let ended = replies.entries[1]
                #expect(ended.properties.headers["taskgrid-status"] == "succeeded")
                #expect(ended.properties.headers["taskgrid-attempt"] == 1)
                #expect(ended.properties.messageID == accepted.properties.messageID)
                #expect(ended.properties.correlationID == "c-1")
                #expect(ended.properties.contentType == nil)
                #expect(ended.body.text == "olleh")

                let bad = BasicProperties(replyTo: client.id, messageID: UUID().uuidString, type: "reverse")
                try await client.submit(Message(properties: bad, body: Data([0xFF])), key: "reverse")
                try await replies.wait(beyond: 3)
                #expect(replies.entries[3].properties.headers["taskgrid-status"] == "failed")
                #expect(replies.entries[3].properties.headers["taskgrid-error"]?.text?.hasPrefix("invalid_input: ") == true)
            }
        }
    }

    @Test func `a worker in plain AMQP runs the grid's tasks`() async throws {
        let type = TaskType(literal: "shout")
        try await Grid.run { grid in
            try await PlainWorker(grid, type: type).run { worker in
                try await worker.tell("register")
                try await grid.knows(type)
                let submitted = try await grid.client.submitAndWatch(
                    type, payloads: ["a", "b", "c"].payloads, options: TaskOptions(TaskSettings(maxAttempts: 1)), within: .seconds(60)
                )
                try await worker.work.wait(beyond: 2)
                for delivery in worker.work.entries {
                    let properties = delivery.message.properties
                    // It has not said that it takes batches: one task, one message, the payload as its body.
                    #expect(properties.contentType == nil)
                    #expect(properties.type == "shout")
                    #expect(properties.headers["taskgrid-attempt"] == 1)
                    switch delivery.message.body.text {
                    case "c": try await worker.answer(delivery, "failed", error: "hoarse")
                    case let text: try await worker.answer(delivery, "succeeded", text + "!")
                    }
                }
                var endings: [TaskID: Ending] = [:]
                for try await ending in submitted.endings { endings[ending.id] = ending }
                #expect(submitted.ids.prefix(2).map { endings[$0]?.result.text } == ["a!", "b!"])
                #expect(endings.values.allSatisfy { $0.worker == worker.id })
                #expect(endings[submitted.ids[2]]?.error == TaskError(.failed, "hoarse"))
                #expect(worker.work.count == 3)
            }
        }
    }

    @Test func `a worker's result of 70 MB ends its task, and one dead letter of 64 KiB remains`() async throws {
        let type = TaskType(literal: "inflate")
        try await Grid.run { grid in
            try await PlainWorker(grid, type: type).run { worker in
                try await worker.tell("register")
                try await grid.knows(type)
                let submitted = try await grid.client.submitAndWatch(
                    type, payloads: ["a"].payloads, options: TaskOptions(TaskSettings(maxAttempts: 1)), within: .seconds(60)
                )
                try await worker.work.wait(beyond: 0)
                try await worker.answer(worker.work.entries[0], "succeeded", String(repeating: "x", count: 70_000_000))
                for try await ending in submitted.endings {
                    #expect(ending.state == .failed)
                    #expect(ending.error?.code == .resultTooLarge)
                }
                let dead = try await grid.probe.heard.first { $0.exchange == grid.topology.dead.name ? $0.message : nil }
                #expect(dead.body.count == WireFormat.maximumDeadBodySize)
                #expect(dead.properties.headers["taskgrid-size"]?.integer == 70_000_000)
                #expect(worker.work.count == 1)
            }
        }
    }
}
