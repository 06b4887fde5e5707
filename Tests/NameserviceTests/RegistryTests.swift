import AMQP
import Foundation
import Logging
import TaskGridCore
import TestSupport
import Testing

@testable import Nameservice

@Suite struct RegistryTests {
    let topology = Topology(prefix: "t")

    func registry(maximum: Int = 100) -> WorkerRegistry {
        WorkerRegistry(topology: topology, leases: LeaseTable(maximum: maximum), logger: .silent)
    }

    @Test func `a registration is published as an event`() throws {
        let publications = registry().handle(.register, .sample("a"), at: .after(0))
        let publication = try #require(publications.first)
        #expect(publications.count == 1)
        #expect(publication.exchange == "t.events")
        #expect(publication.routingKey == "worker.joined")
        #expect(try JSON.decode(WorkerEvent.self, publication.message.body).worker == .sample("a"))
    }

    @Test func `a type that the worker's user may not serve is not counted, with one warning of its user`() throws {
        let lines = Journal<LogLine>()
        let access = AccessPolicy(users: ["crew": [.serve: ["sum"]]])
        let registry = WorkerRegistry(topology: topology, access: access, logger: Logger(into: lines))
        let event = try #require(registry.handle(.register, .sample("crew.a", types: ["reverse", "sum"]), at: .after(0)).first)
        #expect(try JSON.decode(WorkerEvent.self, event.message.body).worker.types == [TaskType(literal: "sum")])
        // One that has no other type is not there at all.
        #expect(registry.handle(.heartbeat, .sample("crew.evil"), at: .after(1)).isEmpty)
        #expect(registry.handle(.heartbeat, .sample("stranger.a", types: ["sum"]), at: .after(2)).isEmpty)
        #expect(registry.handle(.heartbeat, .sample("crew.a", types: ["reverse", "sum"]), at: .after(3)).isEmpty)
        #expect(lines.entries.filter { $0.level == .warning }.map { $0.metadata["worker.id"] } == ["crew.a", "stranger.a"])
        #expect(registry.handle(.deregister, .sample("crew.a"), at: .after(4)).map(\.routingKey) == ["worker.left"])
    }

    @Test func `a heartbeat of a known worker is no event`() {
        let registry = registry()
        _ = registry.handle(.register, .sample("a"), at: .after(0))
        #expect(registry.handle(.heartbeat, .sample("a"), at: .after(1)).isEmpty)
    }

    /// As where its process stood still: heartbeats may wait for it.
    @Test func `a nameservice that looks late ends no lease`() throws {
        let registry = registry()
        _ = registry.handle(.register, .sample("a"), at: .after(0))
        #expect(registry.expire(at: .after(4001)).isEmpty)
        #expect(registry.expire(at: .after(7000)).isEmpty, "a whole lease from then on")
        #expect(registry.expire(at: .after(7001)).map(\.routingKey) == ["worker.left"])
    }

    @Test func `the end of a lease is published as an event`() throws {
        let registry = registry()
        _ = registry.handle(.register, .sample("a"), at: .after(0))
        let publication = try #require(registry.expire(at: .after(3000)).first)
        #expect(publication.routingKey == "worker.left")
        #expect(try JSON.decode(WorkerEvent.self, publication.message.body).reason == .leaseExpired)
    }

    @Test(arguments: [
        (Message(properties: BasicProperties(type: "hello"), body: Data("{}".utf8)), "bad_property"),
        (Message(properties: BasicProperties(), body: Data()), "bad_property"),
        (Message(properties: BasicProperties(type: "heartbeat"), body: Data("no json".utf8)), "malformed_body"),
        (RegistryMessage.sample("a", interval: 1).message(.register), "malformed_body"),
        (RegistryMessage.sample("").message(.register), "malformed_body"),
        (RegistryMessage.sample("a", types: []).message(.register), "malformed_body"),
    ])
    func `an unreadable message goes to the dead-letter queue`(message: Message, reason: String) throws {
        let publications = registry().handle(message.verified, key: "some.key", at: .after(0))
        let publication = try #require(publications.first)
        #expect(publications.count == 1)
        #expect(publication.exchange == "t.dead")
        #expect(publication.routingKey.isEmpty)
        #expect(publication.message.body == message.body)
        #expect(publication.message.properties.headers["taskgrid-reason"]?.text?.hasPrefix(reason) == true)
    }

    @Test(arguments: ["", "heartbeat.a", "register.b", "register.a.b", "register.", "registered.a", "register"])
    func `a routing key that names another kind or another worker is refused as type_mismatch`(key: String) throws {
        let publications = registry().handle(RegistryMessage.sample("a").message(.register).verified, key: key, at: .after(0))
        #expect(publications.map(\.exchange) == ["t.dead"])
        let reason = publications[0].message.properties.headers[WireFormat.Header.reason]?.text
        #expect(reason?.hasPrefix("type_mismatch: ") == true)
    }

    @Test(arguments: [RegistryMessage.Kind.register, .heartbeat, .deregister], [nil, "", "other", "w-has"] as [String?])
    func `a message about a worker of another user is refused`(kind: RegistryMessage.Kind, user: String?) throws {
        let registry = registry()
        let worker = RegistryMessage.sample("w-hash.node7-1-2")
        _ = registry.handle(.register, worker, at: .after(0))
        var message = worker.message(kind)
        message.properties.userID = user
        let publications = registry.handle(message, key: Topology.registryKey(kind, worker: worker.worker), at: .after(1))
        #expect(publications.map(\.exchange) == ["t.dead"])
        let headers = publications[0].message.properties.headers
        let code = user?.isEmpty == false ? "wrong_user: " : "missing_property: user-id"
        #expect(headers[WireFormat.Header.reason]?.text?.hasPrefix(code) == true)
        #expect(publications[0].message.properties.userID == nil, "the broker takes no message in another's name")
        #expect(registry.handle(.deregister, worker, at: .after(2)).map(\.routingKey) == ["worker.left"], "it is still known")
    }

    @Test func `a full table is published as an event once a minute`() throws {
        let registry = registry(maximum: 1)
        _ = registry.handle(.register, .sample("a", interval: 60_000), at: .after(0))
        let told = registry.handle(.register, .sample("b"), at: .after(1))
        #expect(told.map(\.routingKey) == ["grid.error"])
        #expect(registry.handle(.heartbeat, .sample("b"), at: .after(1001)).isEmpty)
        #expect(registry.handle(.heartbeat, .sample("b"), at: .after(60_001)).count == 1)
    }

    @Test func `a user whose workers are refused is warned of, and hides neither workers nor refusals of other users`() throws {
        let lines = Journal<LogLine>()
        let registry = WorkerRegistry(topology: topology, leases: LeaseTable(maximum: 4), logger: Logger(into: lines))
        for number in 0..<20 { _ = registry.handle(.register, .sample("thief.\(number)"), at: .after(number)) }
        #expect(registry.handle(.register, .sample("crew.0"), at: .after(30)).map(\.routingKey) == ["worker.joined"])
        #expect(registry.handle(.register, .sample("crew.1"), at: .after(31)).map(\.routingKey) == ["worker.joined"])
        let told = registry.handle(.register, .sample("crew.2"), at: .after(32))
        let event = try JSON.decode(GridEvent.self, try #require(told.first).message.body)
        #expect(event.kind == .error && event.message.contains("user 'crew' has as many workers as are left for other users"))
        let warnings = lines.entries.filter { $0.level == .warning }
        #expect(warnings.map { $0.metadata["worker.user"] } == ["thief", "crew"])
        #expect(warnings.allSatisfy { $0.message.contains("stop workers that are not needed") })
    }

    @Test func `the query for workers is answered`() throws {
        let registry = registry()
        _ = registry.handle(.register, .sample("a"), at: .after(0))
        _ = registry.handle(.register, .sample("b", types: ["hash"]), at: .after(5))
        func ask(_ type: String?) throws -> [String] {
            let query = WorkersQuery(type: try type.map { try TaskType($0) })
            let publication = registry.answer(query.message(from: "me", correlation: "7").verified, key: "nameservice")
            #expect(publication.exchange == "t.reply")
            #expect(publication.routingKey == "me")
            #expect(publication.message.properties.correlationID == "7")
            return try AnswerMessage.read(WorkersQuery.Answer.self, publication.message).workers.map(\.worker.worker)
        }
        #expect(try ask(nil) == ["a", "b"])
        #expect(try ask("hash") == ["b"])
        #expect(try ask("sum") == [])
    }

    @Test func `an answer says the nameservice's version and its clock`() throws {
        let before = Timestamp.now()
        let answer = registry().answer(WorkersQuery().message(from: "me", correlation: "7").verified, key: "nameservice").message
        let service = try #require(try AnswerMessage.read(WorkersQuery.Answer.self, answer).service)
        #expect(service.version == TaskGridVersion.current && (before...Timestamp.now()).contains(service.at))
    }

    @Test func `9,900 workers are told in pages, each within the answer's budget`() throws {
        let registry = registry(maximum: 10_000)
        var sample = RegistryMessage.sample("", types: (0..<3).map { "a-type-with-a-long-name-\($0)" })
        sample.running = (0..<2).map { .init(task: TaskID(Int64($0 + 1_000_000)), attempt: 1) }
        for number in 0..<9900 {
            sample.worker = "host-\(number)-\(String(repeating: "0123456789", count: 8))"
            _ = registry.handle(.register, sample, at: .after(0))
        }
        var workers: [String] = []
        var next: String?
        repeat {
            let answer = registry.answer(WorkersQuery(after: next).message(from: "me", correlation: "7").verified, key: "nameservice")
                .message
            #expect(answer.body.count <= AnswerBudget.standard.bytes)
            let page = try AnswerMessage.read(WorkersQuery.Answer.self, answer)
            workers += page.workers.map(\.worker.worker)
            next = page.next
        } while next != nil
        #expect(workers.count == 9900)
        #expect(workers == Set(workers).sorted())
    }

    @Test(arguments: ["counts", "", nil] as [String?]) func `an unknown query is refused`(name: String?) throws {
        let message = Message(properties: BasicProperties(correlationID: "7", replyTo: "me", type: name), body: Data("{}".utf8))
        let publication = registry().answer(message.verified, key: "nameservice")
        #expect(publication.routingKey == "me")
        #expect(refusal(publication)?.code == .badQuery)
    }

    @Test(arguments: ["no json", "{\"type\": \"NO TYPE\"}", "[]"]) func `an unreadable query is refused`(body: String) throws {
        let message = Message(properties: BasicProperties(correlationID: "7", replyTo: "me", type: "workers"), body: Data(body.utf8))
        #expect(refusal(registry().answer(message.verified, key: "nameservice"))?.code == .badQuery)
    }

    @Test func `a query without a reply address goes to the dead-letter queue`() {
        var message = WorkersQuery().message(from: "", correlation: "7")
        #expect(registry().answer(message.verified, key: "nameservice").exchange == "t.dead")
        message.properties.replyTo = nil
        let publication = registry().answer(message.verified, key: "nameservice")
        #expect(publication.exchange == "t.dead")
        #expect(publication.message.properties.headers["taskgrid-reason"]?.text?.contains("reply-to") == true)
    }

    private func refusal(_ publication: Publication) -> QueryError? {
        do {
            _ = try AnswerMessage.read(WorkersQuery.Answer.self, publication.message)
            return nil
        } catch {
            return error
        }
    }
}
