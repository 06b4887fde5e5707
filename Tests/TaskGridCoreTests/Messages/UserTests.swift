import AMQP
import Foundation
import TaskGridCore
import Testing

@Suite("The user of a message, which the broker has verified")
struct UserTests {
    @Test(arguments: [
        ("w-hash.node7-1", "w-hash", true), ("w-hash", "w-hash", true), ("w-hash2.node7-1", "w-hash", false), ("w-hash.x", "w", false),
        ("", "w", false), (".w", "w", false), ("W.x", "w", false), ("w.", "w", true),
    ])
    func `an id belongs to the user with whom it begins`(id: String, user: String, belongs: Bool) {
        #expect(id.belongs(to: user) == belongs)
        #expect("node7-1".owned(by: user).belongs(to: user))
    }

    @Test func `a message without a user is refused, and an id of another user`() {
        var properties = BasicProperties(replyTo: "app.x-1")
        #expect(refusal { _ = try properties.answersTo() } == .missingProperty)
        properties.userID = ""
        #expect(refusal { _ = try properties.publisher() } == .missingProperty)
        properties.userID = "ap"
        #expect(refusal { _ = try properties.answersTo() } == .wrongUser)
        properties.userID = "app"
        #expect((try? properties.answersTo()) == "app.x-1")
        properties.replyTo = "app." + String(repeating: "x", count: WireFormat.maximumIDLength)
        #expect(refusal { _ = try properties.answersTo() } == .badProperty)
    }

    @Test func `services are believed by their users, and everybody with one login by the receiver's own`() {
        let topology = Topology(prefix: "t")
        func isBelieved(_ user: String?) -> WireError.Code? {
            refusal { try topology.checkService(Message(properties: BasicProperties(userID: user)), to: "app.x-1") }
        }
        for user in ["app", "t-dispatcher", "t-nameservice", "t-monitor"] { #expect(isBelieved(user) == nil) }
        for user in ["app2", "x", "dispatcher", "w-hash"] { #expect(isBelieved(user) == .wrongUser) }
        #expect(isBelieved(nil) == .missingProperty)
    }

    @Test func `the monitor alone asks for others, and everybody where everybody has one login`() throws {
        func actor(_ user: String?, _ name: FieldValue? = "alice", by monitor: String? = "t-monitor") throws(WireError) -> String? {
            var properties = BasicProperties(userID: user)
            properties.headers["taskgrid-actor"] = name
            return try properties.actor(by: monitor)
        }
        #expect(try actor("t-monitor") == "alice" && actor("app", by: nil) == "alice" && actor("app", nil) == nil)
        #expect(refusal { _ = try actor("app") } == .wrongUser)
        #expect(refusal { _ = try actor(nil) } == .missingProperty)
        for name: FieldValue in ["", 7, .string(String(repeating: "x", count: 256))] {
            #expect(refusal { _ = try actor("t-monitor", name) } == .badProperty)
        }
        let query = LimitsQuery().message(from: "t-monitor.1", correlation: "1", budget: AnswerBudget(300_000), actor: "alice")
        #expect(query.properties.headers["taskgrid-actor"] == "alice" && query.properties.headers["taskgrid-answer-bytes"] == 300_000)
    }

    @Test func `a dead letter has the user in a header, and in no property`() {
        let forged: FieldTable = ["taskgrid-user": "somebody"]
        func dead(_ user: String?) -> BasicProperties {
            let message = Message(properties: BasicProperties(headers: forged, userID: user))
            return Publication.deadLetter(message, because: "no", Topology()).message.properties
        }
        #expect(dead("app").headers["taskgrid-user"] == "app" && dead("app").userID == nil)
        #expect(dead("app").isPersistent, "as its message was not")
        #expect(dead(nil).headers["taskgrid-user"] == nil)
    }

    @Test func `the key of a registry message is its worker's, and its user's`() throws {
        let worker = RegistryMessage(
            worker: "crew.x-1", host: "", pid: 0, version: "", types: [ReadingTests.type], concurrency: 1, prefetch: 1, batch: false,
            started: .now()
        )
        func code(_ user: String?, key: String = "heartbeat.crew.x-1") -> WireError.Code? {
            var message = worker.message(.heartbeat)
            message.properties.userID = user
            return refusal { _ = try RegistryMessage.decode(message, routingKey: key) }
        }
        #expect(code("crew") == nil)
        #expect(code("cre") == .wrongUser && code(nil) == .missingProperty)
        #expect(code("crew", key: "heartbeat.crew.x-2") == .typeMismatch && code("crew", key: "register.crew.x-1") == .typeMismatch)
    }
}
