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

    @Test func `a message that a queue has passed on is of nobody, whoever sent it`() {
        let topology = Self.topology
        let properties = BasicProperties(headers: ["x-death": .array([.table(["reason": "rejected"])])], userID: "t-dispatcher")
        #expect(refusal { _ = try properties.publisher() } == .wrongUser)
        #expect(refusal { try topology.checkService(Message(properties: properties), to: "app.x-1") } == .wrongUser)
        #expect(refusal { try properties.check(owner: "t-dispatcher.x-1", "app-id") } == .wrongUser)
    }

    private static let topology = Topology(prefix: "t")

    /// Why a message of a user is not believed, by a client of the user `app`.
    private func fault(
        _ user: String?, _ message: Message = Message(), _ check: (Message) throws(WireError) -> Void
    ) -> WireError.Code? {
        var message = message
        message.properties.userID = user
        return refusal { try check(message) }
    }

    @Test func `the dispatcher is believed by its user, and everybody with one login by the receiver's own`() {
        let topology = Self.topology
        func fault(_ user: String?, or other: String? = nil) -> WireError.Code? {
            self.fault(user) { message throws(WireError) in try topology.checkService(message, to: "app.x-1", or: other) }
        }
        for user in ["app", "t-dispatcher"] { #expect(fault(user) == nil) }
        for user in ["app2", "x", "dispatcher", "w-hash", "t-nameservice", "t-monitor"] { #expect(fault(user) == .wrongUser) }
        #expect(fault(nil) == .missingProperty)
        #expect(fault("t-nameservice", or: "t-nameservice") == nil && fault("t-monitor", or: "t-nameservice") == .wrongUser)
    }

    @Test func `an answer is believed from the service that answers such queries`() {
        let topology = Self.topology
        func fault(_ user: String, to query: String) -> WireError.Code? {
            self.fault(user, Message(properties: BasicProperties(type: query))) { message throws(WireError) in
                try topology.checkAnswer(message, to: "app.x-1")
            }
        }
        for name in [WorkersQuery.name, TaskQuery.name, CountsQuery.name] {
            #expect(fault("t-dispatcher", to: name) == nil && fault("t-monitor", to: name) == .wrongUser, "\(name)")
        }
        #expect(fault("t-nameservice", to: WorkersQuery.name) == nil)
        for name in [TaskQuery.name, CancelQuery.name, EndingsQuery.name] { #expect(fault("t-nameservice", to: name) == .wrongUser) }
    }

    @Test func `an event is believed from the service that it is about`() {
        let topology = Self.topology
        func fault(_ user: String, _ key: String, _ service: String = "") -> WireError.Code? {
            self.fault(user, .event(GridEvent(kind: .started, service: service, at: .now(), message: ""))) { message throws(WireError) in
                try topology.checkEvent(message, key: key, to: "app.x-1")
            }
        }
        #expect(fault("t-nameservice", "worker.left") == nil && fault("t-monitor", "worker.left") == .wrongUser)
        for user in ["t-nameservice", "t-monitor"] {
            #expect(fault(user, "task.hash") == .wrongUser && fault(user, "grid.started", "dispatcher") == .wrongUser)
            for service in ["nameservice", "monitor"] {
                #expect((fault(user, "grid.started", service) == nil) == (user == "t-\(service)"), "\(user) \(service)")
            }
        }
        #expect(fault("t-dispatcher", "task.hash") == nil && fault("t-dispatcher", "grid.started", "dispatcher") == nil)
    }

    @Test func `a service with a user of its own believes that user in nothing that is another service's`() {
        let topology = Self.topology
        func fault(_ user: String, _ key: String, _ service: String = "") -> WireError.Code? {
            self.fault(user, .event(GridEvent(kind: .started, service: service, at: .now(), message: ""))) { message throws(WireError) in
                try topology.checkEvent(message, key: key, to: "t-monitor.x-1")
            }
        }
        #expect(fault("t-monitor", "task.hash") == .wrongUser && fault("t-monitor", "grid.started", "dispatcher") == .wrongUser)
        #expect(fault("t-monitor", "worker.left") == .wrongUser && fault("t-monitor", "grid.started", "monitor") == nil)
        #expect(fault("t-dispatcher", "task.hash") == nil && fault("t-nameservice", "worker.left") == nil)
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
