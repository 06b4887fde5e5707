import AMQP
import Foundation
import TaskGridCore
import Testing

@Suite("What the broker lets a user do")
struct UserPermissionsTests {
    private static let hash = TaskType(literal: "hash")
    private let topology = Topology(prefix: "a-b")
    private var worker: UserPermissions { UserPermissions(GridUser(name: "crew", role: .worker([Self.hash])), topology) }
    private var client: UserPermissions { UserPermissions(GridUser(name: "app", role: .client([Self.hash])), topology) }

    /// As RabbitMQ matches: anywhere in the name, unless the pattern says otherwise.
    private func matches(_ pattern: String, _ name: String) throws -> Bool {
        try NSRegularExpression(pattern: pattern).firstMatch(in: name, range: NSRange(location: 0, length: name.utf16.count)) != nil
    }

    @Test func `a worker uses what it runs, and configures its control queue alone`() throws {
        let own = topology.listenerQueue("control", "crew.x-1").name
        for (pattern, allowed, refused) in [
            (
                worker.configure, [own],
                [
                    "a-b.control.other.x-1", "a-b.work.hash", "a-b.work", "a-bx.control.crew.x-1", "xa-b.control.crew.x-1",
                    "a-b.dispatcher.lock",
                ]
            ),
            (
                worker.write, [own, "a-b.results", "a-b.registry", "a-b.control", "a-b.dead"],
                ["a-b.submit", "a-b.work", "a-b.reply", "a-b.rpc"]
            ),
            (
                worker.read, [own, "a-b.control", "a-b.work.hash"],
                ["a-b.work.hash2", "a-b.work", "a-b.reply", "a-b.results", "a-b.registry"]
            ),
        ] as [(String, [String], [String])] {
            for name in allowed { #expect(try matches(pattern, name), "\(name)") }
            for name in refused { #expect(try !matches(pattern, name), "\(name)") }
        }
        let control = try #require(worker.keys[topology.control.name])
        for key in ["crew.x-1", "workers", "type.hash"] { #expect(try matches(control.read, key)) }
        for key in ["#", "*.x-1", "other.x-1", "type.wait", "crewx"] { #expect(try !matches(control.read, key)) }
        #expect(try matches(control.write, "crew.x-1") && !matches(control.write, "workers") && !matches(control.write, "type.hash"))
        let registry = try #require(worker.keys[topology.registry.name])
        #expect(try matches(registry.write, "heartbeat.crew.x-1") && !matches(registry.write, "deregister.other.x-1"))
        let results = try #require(worker.keys[topology.results.name])
        #expect(try matches(results.write, "hash") && !matches(results.write, "wait") && !matches(results.write, "hash2"))
    }

    @Test func `a client submits its types and hears its own replies`() throws {
        #expect(try matches(client.write, "a-b.submit") && !matches(client.write, "a-b.results") && !matches(client.write, "a-b.reply"))
        #expect(
            try matches(client.read, "a-b.reply") && matches(client.read, "a-b.reply.app.x-1") && !matches(client.read, "a-b.reply.other.x")
        )
        let reply = try #require(client.keys[topology.reply.name])
        #expect(try matches(reply.read, "app.x-1") && !matches(reply.read, "#") && !matches(reply.read, "other.x-1"))
        let submit = try #require(client.keys[topology.submit.name])
        #expect(try matches(submit.write, "hash") && !matches(submit.write, "wait"))
    }

    @Test func `the nameservice asks workers for heartbeats, and tells the workers of a type nothing`() throws {
        let nameservice = UserPermissions(GridUser(name: "n", role: .nameservice), topology)
        let control = try #require(nameservice.keys[topology.control.name])
        for key in ["workers", "crew.x-1", "types.x-1"] { #expect(try matches(control.write, key), "\(key)") }
        for key in ["type.hash", "type.hash.x", "crew", "", ".x", "#"] { #expect(try !matches(control.write, key), "\(key)") }
    }

    @Test func `the exchanges are the dispatcher's, and nobody else declares or deletes one`() throws {
        let roles: [GridUser.Role] = [.nameservice, .monitor, .worker([]), .client([])]
        let dispatcher = UserPermissions(GridUser(name: "u", role: .dispatcher), topology)
        for exchange in topology.exchanges {
            #expect(try matches(dispatcher.configure, exchange.name), "\(exchange.name)")
            for role in roles {
                let permissions = UserPermissions(GridUser(name: "u", role: role), topology)
                #expect(try !matches(permissions.configure, exchange.name), "\(role) \(exchange.name)")
            }
        }
        let nameservice = UserPermissions(GridUser(name: "u", role: .nameservice), topology)
        for queue in [topology.listenerQueue("registry", "x-1"), topology.rpcQueue(.nameservice)] {
            #expect(try matches(nameservice.configure, queue.name) && matches(nameservice.read, queue.name), "\(queue.name)")
        }
    }

    @Test func `every topic exchange that a user may use has a pattern of keys, except the dispatcher's`() throws {
        let roles: [GridUser.Role] = [.nameservice, .monitor, .worker([]), .client([])]
        for role in roles {
            let permissions = UserPermissions(GridUser(name: "u", role: role), topology)
            for exchange in topology.exchanges where exchange.kind == .topic {
                guard try matches(permissions.write, exchange.name) || matches(permissions.read, exchange.name) else { continue }
                #expect(permissions.keys[exchange.name] != nil, "\(role) \(exchange.name)")
            }
        }
    }

    @Test func `the rights of the users are those of their parts`() {
        let users =
            GridUser.services(of: topology) + [
                GridUser(name: "crew", role: .worker([Self.hash])), GridUser(name: "app", role: .client([])),
            ]
        let policy = AccessPolicy(for: users, owner: "me")
        #expect(policy.allows("crew", .serve, Self.hash) && !policy.allows("crew", .serve, nil) && !policy.allows("crew", .read, Self.hash))
        #expect(policy.allows("app", .submit, Self.hash) && !policy.allows("app", .pause, Self.hash))
        #expect(policy.allows("a-b-monitor", .administer, nil) && !policy.allows("a-b-monitor", .serve, Self.hash))
        #expect(Right.allCases.allSatisfy { policy.allows("me", $0, nil) })
    }

    @Test(arguments: [
        ("crew-1", true), ("", false), ("type", false), ("workers", false), ("a.b", false), ("A", false), ("ü", false), ("a b", false),
    ])
    func `a user's name is a word without dots`(name: String, isValid: Bool) {
        #expect(GridUser.isValid(name: name) == isValid)
    }
}
