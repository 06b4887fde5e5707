import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("The acceptance of submissions")
struct SubmissionAcceptanceTests {
    private func harness() async throws -> SchedulerHarness {
        let harness = try await SchedulerHarness()
        _ = await harness.register(types: [.reverse, .sum])
        return harness
    }

    @Test func `an unknown type is rejected with those that are known; a payload over the bound is rejected by its number`() async throws {
        let harness = try await SchedulerHarness()
        let none = try await harness.submit(["x"]).replies()
        guard case .rejected(let first) = none[0].content else { return #expect(Bool(false), "accepted without a type") }
        #expect(first.code == .unknownType)
        #expect(first.message.contains("none yet"))
        _ = await harness.register(types: [.reverse, .sum])
        let unknown = try await harness.submit(["x"], type: TaskType(literal: "nope")).replies()
        guard case .rejected(let second) = unknown[0].content else { return #expect(Bool(false), "accepted an unknown type") }
        #expect(second.message.hasSuffix("known types: reverse, sum"))
        let large = try await harness.submit(["x", String(repeating: "y", count: 1001)]).replies()
        guard case .rejected(let third) = large[0].content else { return #expect(Bool(false), "accepted a large payload") }
        #expect(third.code == .payloadTooLarge)
        #expect(third.message.hasPrefix("payload 2 of 2 has 1001 bytes"))
        #expect(await harness.counts().submitted == 0)
    }

    @Test func `a submission repeated with its key is answered with the same ids and runs once`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        let first = await harness.submit(["a", "b"], key: "k")
        let again = await harness.submit(["a", "b"], key: "k")
        #expect(try first.replies().map(\.content) == [.accepted(first: 1, count: 2)])
        #expect(try again.replies().map(\.content) == [.accepted(first: 1, count: 2, isRepeat: true)])
        #expect(try first.items().count == 2)
        #expect(try again.items().isEmpty)
        #expect(await harness.counts().submitted == 2)
    }

    @Test(arguments: ["Greet", nil, String(repeating: "g", count: 255)])
    func `a submission of type 'Greet', or of none, is answered as rejected`(type: String?) async throws {
        let harness = try await harness()
        let message = Message(
            properties: BasicProperties(correlationID: "q-7", replyTo: "c1", messageID: "k", type: type), body: Data("x".utf8)
        )
        let out = await harness.turn { $0.arrivals = [harness.delivery(message, from: harness.topology.submitQueue)] }
        let reply = try #require(out.rejections.first { $0.exchange == harness.topology.reply.name })
        #expect(reply.routingKey == "c1")
        let properties = reply.message.properties
        #expect(properties.headers[WireFormat.Header.status] == "rejected")
        #expect(properties.headers[WireFormat.Header.error]?.text?.hasPrefix("malformed: ") == true)
        #expect(properties.correlationID == "q-7" && properties.type == type)
        #expect(out.dead().count == 1)
    }

    @Test func `a key that is used again for something else is rejected with the ids and the type of the first`() async throws {
        let harness = try await harness()
        _ = await harness.submit(["hello"], key: "k")
        let out = await harness.submit(["other"], key: "k", type: .sum)
        guard case .rejected(let rejection)? = try out.replies().first?.content else { return #expect(Bool(false), "not rejected") }
        #expect(rejection.code == .keyReused)
        #expect(rejection.message.contains("task 1 of type reverse") && rejection.message.contains("'k'"))
        #expect(try out.items().isEmpty)
        #expect(await harness.counts(.sum) == TaskCounts())
        let same = await harness.submit(["hello"], key: "k") { $0.priority = 5 }
        #expect(try same.replies().map(\.content) == [.accepted(first: 1, count: 1, isRepeat: true)])
    }
}
