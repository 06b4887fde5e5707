import Foundation
import LocalGrid
import Logging
import TaskGridCore
import TestSupport
import Testing

@testable import AMQP

/// The exchange and the shared queue belong to somebody else; the user may configure its own queue alone.
@Suite("A connection of a user who may not configure everything", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct PermissionTests {
    private let name = "test-\(UUID().uuidString.lowercased())"
    private let log = Journal<LogLine>()

    private var exchange: Exchange { Exchange(name, .topic) }
    private var shared: Queue { .shared("\(name).shared", kind: .classic, arguments: ["x-expires": 60_000]) }
    private var own: Queue { .exclusive("\(name).own") }

    /// The declarations of those who own the exchange and the shared queue.
    private var owned: Declarations {
        Declarations(
            exchanges: [exchange], queues: [shared], bindings: [Binding(exchange: exchange.name, queue: shared.name, key: "shared")])
    }

    private var all: Declarations {
        owned + Declarations(queues: [own], bindings: [Binding(exchange: exchange.name, queue: own.name, key: "own")])
    }

    private func publication(_ key: String) -> Publication {
        Publication(
            exchange: exchange.name, routingKey: key, message: Message(properties: BasicProperties(messageID: key), body: Data(key.utf8)),
            isMandatory: true)
    }

    private func connection(_ endpoint: Endpoint, _ ownership: Ownership = .none, _ declarations: Declarations? = nil) -> Connection {
        Connection(
            endpoint, name: "test user", declarations: declarations ?? all, ownership: ownership,
            backoff: Backoff(base: .milliseconds(5), ceiling: .milliseconds(50)), logger: Logger(into: log)
        )
    }

    /// Runs `body` with the network of a user who may not configure what others own, beside an administrator, and cleans up.
    private func withUser(configure: String = "own", _ body: (WatchedProxy, Connection) async throws -> Void) async throws {
        let endpoint = try await TestBroker.makeUser(
            name, configure: "^\(name)[.]\(configure)$", write: "^\(name)([.]own)?$", read: "^\(name)([.].*)?$")
        let proxy = try WatchedProxy(to: endpoint)
        try await TestBroker.withConnection { administrator in
            try await body(proxy, administrator)
            try await administrator.delete(queue: shared.name)
            try await administrator.delete(exchange: exchange.name)
        }
        proxy.close()
        try await TestBroker.removeUser(name)
    }

    /// How many calls the broker has refused: the client answers the close of its channel.
    private func refusals(_ proxy: WatchedProxy) -> Int {
        proxy.journal.entries.count { if case .sent(_, _, MethodID(20, 41)) = $0 { true } else { false } }
    }

    /// The broker would refuse the user every other binding and declaration.
    @Test func `what is there is used as it is, nothing is refused, and only the own queue is bound`() async throws {
        try await withUser { proxy, administrator in
            try await administrator.declare(owned)
            let user = connection(proxy.endpoint, .bindings(every: .milliseconds(50)))
            let consumer = user.consumer(queues: [shared.name, own.name], prefetch: 10)
            try await user.start()
            #expect(try await user.publish([publication("shared"), publication("own")]) == [.confirmed, .confirmed])
            var heard: Set<String> = []
            while heard.count < 2, let deliveries = await consumer.next() { heard.formUnion(deliveries.map(\.text)) }
            #expect(heard == ["shared", "own"])
            // It looks after its own binding.
            #expect(await proxy.sent(MethodID(50, 20), count: 3))
            #expect(refusals(proxy) == 0)
            await user.close()
        }
    }

    @Test func `what is missing is waited for, with a warning and in its reading, until its owner declares it`() async throws {
        try await withUser { proxy, administrator in
            let user = connection(proxy.endpoint)
            let start = Task { try await user.start() }
            let warning = "exchange or queue is missing, waiting for its owner"
            #expect(await log.saw(2) { $0.message == warning && $0.level == .warning })
            let reason = "exchange \(name) is missing, and the broker does not let user '\(name)' declare it"
            #expect(user.reading.problem(at: .now + .seconds(6))?.contains(reason) == true)
            try await administrator.declare(Declarations(exchanges: [exchange]))
            #expect(await log.saw { $0.message == warning && "\($0.metadata[AMQPLogKey.error] ?? "")".contains("queue \(shared.name)") })
            try await administrator.declare(owned)
            try await start.value
            #expect(user.reading.problem(at: .now + .seconds(6)) == nil)
            #expect(try await user.publish([publication("own")]) == [.confirmed])
            await user.close()
        }
    }

    @Test func `a queue that another program declares soon is waited for without a warning at first`() async throws {
        try await withUser { proxy, administrator in
            try await administrator.declare(Declarations(exchanges: [exchange]))
            var declarations = all
            declarations.declarers = [shared.name: "the owner"]
            let user = connection(proxy.endpoint, .none, Declarations() + declarations)
            let start = Task { try await user.start() }
            let message = "exchange or queue is missing, waiting for its owner"
            let line = try await log.first { $0.message == message ? $0 : nil }
            #expect(line.level == .info)
            let error = "\(line.metadata[AMQPLogKey.error] ?? "")"
            #expect(error.contains("queue \(shared.name) is missing") && error.contains("the owner declares it when it runs"))
            #expect(!error.contains("permission"))
            try await administrator.declare(owned)
            try await start.value
            await user.close()
        }
        let now = ContinuousClock.now
        #expect(Connection.level(ofMissingSince: now - .seconds(4), at: now) == .info)
        #expect(Connection.level(ofMissingSince: now - .seconds(5), at: now) == .warning)
        #expect(Connection.level(ofMissingSince: nil, at: now) == .warning)
    }

    @Test func `a start that has only so much patience says what is missing`() async throws {
        try await withUser { proxy, _ in
            let user = connection(proxy.endpoint)
            let error = await #expect(throws: AMQPError.self) { try await user.start(patience: .milliseconds(100)) }
            #expect(error?.code == .notFound)
            #expect(error?.message.contains("exchange \(name) is missing") == true)
        }
    }

    @Test func `a queue that is deleted while it is consumed is consumed again once its owner has declared it`() async throws {
        try await withUser { proxy, administrator in
            try await administrator.declare(owned)
            let user = connection(proxy.endpoint)
            let consumer = user.consumer(queues: [shared.name], prefetch: 10)
            try await user.start()
            try await administrator.delete(queue: shared.name)
            #expect(await log.saw { $0.message == "exchange or queue is missing, waiting for its owner" })
            try await administrator.declare(owned)
            #expect(try await administrator.publish([publication("shared")]) == [.confirmed])
            #expect(await consumer.next()?.map(\.text) == ["shared"])
            await user.close()
        }
    }

    @Test func `an owner that may not declare its queue uses the one that is there, and is refused once`() async throws {
        try await withUser { proxy, administrator in
            try await administrator.declare(owned)
            let user = connection(proxy.endpoint, .queues(every: .seconds(60)), owned)
            let reconnections = try await Reconnections(starting: user)
            #expect(log.entries.contains { $0.message == "exchange or queue is not this user's to declare, using it as it is" })
            proxy.cut()
            #expect(await reconnections.next() == 2)
            #expect(refusals(proxy) == 1)
            await user.close()
        }
    }

    @Test func `a user who may not configure even its own queue is refused at once`() async throws {
        try await withUser(configure: "nothing") { proxy, administrator in
            try await administrator.declare(owned)
            let error = await #expect(throws: AMQPError.self) { try await connection(proxy.endpoint).start() }
            #expect(error?.code == .accessRefused)
            #expect(error?.message.contains("declaring queue \(own.name)") == true)
        }
    }

    /// So none depends on the order in which they start.
    @Test func `a connection that owns nothing declares and binds what is missing, if its user may`() async throws {
        try await withUser { _, administrator in
            let first = connection(try TestBroker.endpoint(), .none, owned)
            try await first.start()
            #expect(try await administrator.publish([publication("shared")]) == [.confirmed])
            await first.close()
        }
    }
}
