import AMQP
import BuiltinWorkers
import Dispatcher
import Foundation
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TestSupport
import Testing

@Suite("Submissions that the grid refuses", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct RejectionTests {
    @Test func `an unknown type is rejected with a list of the known ones`() async throws {
        try await Grid.run { grid in
            _ = try await grid.startWorkers([Reverse(), Upper()])
            let error = await #expect(throws: ClientError.self) {
                _ = try await grid.client.submit(TaskType(literal: "revrese"), payload: Data())
            }
            #expect(error?.code == .rejected)
            #expect(error?.rejection?.code == .unknownType)
            #expect(error?.rejection?.message.contains("'revrese'") == true)
            #expect(error?.rejection?.message.contains("known types: reverse, upper") == true)
            #expect(try await grid.client.counts().keys.sorted().map(\.name) == ["reverse", "upper"])
        }
    }

    @Test func `a payload that is too large is rejected alone`() async throws {
        var configuration = Grid.quick
        configuration.maximumPayload = 1000
        try await Grid.run(configuration: configuration) { grid in
            let upper = Upper()
            _ = try await grid.startWorkers([upper])
            let large = Data(repeating: UInt8(ascii: "a"), count: 1001)
            // Both may travel in one message.
            async let good = grid.client.run(upper.type, payload: large.dropLast(), within: .seconds(60))
            let error = await #expect(throws: ClientError.self) {
                _ = try await grid.client.submit(upper.type, payload: large)
            }
            #expect(error?.rejection?.code == .payloadTooLarge)
            #expect(error?.rejection?.message.contains("at most 1000") == true)
            #expect(try await grid.client.maximumPayload() == 1000)
            #expect(try await good.state == .succeeded)
            #expect(try await grid.counters(upper.type).submitted == 1)
        }
    }

    /// Each sort of message that nobody can read, and how its reason begins.
    @Test func `unreadable messages go to the dead-letter queue, and the services go on`() async throws {
        try await Grid.run { grid in
            let reverse = Reverse()
            _ = try await grid.startWorkers([reverse])
            let topology = grid.topology
            let batch = BasicProperties(
                contentType: "application/vnd.taskgrid.batch+protobuf; v=1", headers: ["taskgrid-store": "x"], messageID: "k",
                type: "reverse", appID: "w"
            )
            let cases: [(exchange: Exchange, key: String, properties: BasicProperties, body: String, reason: String)] = [
                (topology.submit, "reverse", BasicProperties(), "no type", "missing_property: type"),
                (topology.submit, "reverse", BasicProperties(type: "reverse"), "no key", "missing_property: message-id"),
                (topology.submit, "reverse", batch, "no protobuf", "malformed_body"),
                (topology.results, "reverse", BasicProperties(type: "reverse"), "no store", "missing_property: header taskgrid-store"),
                (topology.results, "reverse", batch, "no protobuf", "malformed_body"),
                (topology.work, "reverse", BasicProperties(type: "reverse"), "no store", "missing_property: header taskgrid-store"),
                (topology.work, "reverse", batch, "no protobuf", "malformed_body"),
                (topology.registry, "register.reverse", BasicProperties(type: "register"), "no json", "malformed_body"),
                (topology.rpc, "dispatcher", BasicProperties(type: "counts"), "{}", "missing_property: reply-to"),
                (topology.rpc, "nameservice", BasicProperties(type: "workers"), "{}", "missing_property: reply-to"),
            ]
            for (number, bad) in cases.enumerated() {
                let before = grid.probe.heard.count
                try await grid.probe.say(
                    bad.exchange, bad.key, Message(properties: bad.properties, body: Data(bad.body.utf8))
                )
                let reason = try await grid.probe.death(from: before)
                #expect(reason.hasPrefix(bad.reason), "\(bad.exchange.name), \(bad.body): \(reason)")
                // Each lies there for people to look at, and lies nowhere else.
                try await grid.until { try await grid.probe.connection.depth(of: topology.deadQueue.name).messages == number + 1 }
            }
            let ending = try await grid.client.run(reverse.type, payload: Data("hello".utf8), within: .seconds(60))
            #expect(ending.result.text == "olleh")
            #expect(try await grid.client.workers(reverse.type).count == 1)
        }
    }

    @Test func `an unreadable submission is rejected if it names its client`() async throws {
        try await Grid.run { grid in
            let client = PlainClient(grid)
            try await client.run { replies in
                let properties = BasicProperties(correlationID: "c", replyTo: client.id, type: "reverse")
                try await client.submit(Message(properties: properties), key: "reverse")
                try await replies.wait(beyond: 0)
                #expect(replies.entries[0].properties.headers["taskgrid-status"] == "rejected")
                #expect(replies.entries[0].properties.headers["taskgrid-error"]?.text?.hasPrefix("malformed: ") == true)
                #expect(replies.entries[0].properties.correlationID == "c")
            }
        }
    }
}
