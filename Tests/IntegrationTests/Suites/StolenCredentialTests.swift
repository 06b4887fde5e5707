import AMQP
import Dispatcher
import Foundation
import LocalGrid
import Logging
import Synchronization
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TestSupport
import Testing

/// The reach of somebody who has the login of a part of the grid and nothing else, and a library of AMQP: that part's work. Who refuses the
/// rest is the broker (403) or the receiver.
@Suite("A stolen credential", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(3)))
struct StolenCredentialTests {
    private static let hash = TaskType(literal: "hash")
    private static let wait = TaskType(literal: "wait")
    private let crew = "crew-\(UUID().uuidString.prefix(8).lowercased())"
    private let app = "app-\(UUID().uuidString.prefix(8).lowercased())"

    /// Runs a grid whose users are those that `taskgrid users` makes: workers and a client of `hash`.
    private func withUsers(_ body: @escaping @Sendable (Grid, _ worker: Endpoint, _ client: Endpoint) async throws -> Void) async throws {
        try await withUsers { grid, login in try await body(grid, login(crew), login(app)) }
    }

    /// Runs a grid with the users of its services, of workers and of a client; `body` gets the login of each by its name.
    private func withUsers(_ body: @escaping @Sendable (Grid, @Sendable (String) -> Endpoint) async throws -> Void) async throws {
        let login = try TestBroker.endpoint()
        var configuration = Grid.quick
        configuration.access = AccessPolicy(users: [
            login.user: Dictionary(uniqueKeysWithValues: Right.allCases.map { ($0, ["*"]) }), crew: [.serve: ["hash"]],
            app: [.submit: ["hash"], .read: ["hash"], .cancel: ["hash"], .retry: ["hash"]],
        ])
        try await Grid.run(configuration: configuration) { [crew, app] grid in
            // The dispatcher runs with the login of the test run.
            let users =
                GridUser.services(of: grid.topology).filter { $0.role != .dispatcher }
                + [GridUser(name: crew, role: .worker([Self.hash])), GridUser(name: app, role: .client([Self.hash]))]
            let definitions = UserDefinitions(users.map { ($0, "secret") }, grid.topology, virtualHost: login.virtualHost)
            try await TestBroker.administrate("POST", "api/definitions", try definitions.json)
            try await body(grid) { user in
                var endpoint = login
                (endpoint.user, endpoint.password) = (user, "secret")
                return endpoint
            }
            for user in users { try await TestBroker.removeUser(user.name) }
        }
    }

    /// Runs `body` with a bare connection of a user.
    private func connected(_ endpoint: Endpoint, _ body: (Connection) async throws -> Void) async throws {
        let connection = Connection(endpoint, name: "thief", logger: Logger(label: "test"))
        try await connection.start(patience: .seconds(10))
        do { try await body(connection) } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    /// Whether the broker takes a message.
    private func takes(_ connection: Connection, _ exchange: Exchange, _ key: String) async throws -> Bool {
        let publication = Publication(exchange: exchange.name, routingKey: key, message: Message(body: Data("forged".utf8)))
        switch try await connection.publish([publication])[0] {
        case .confirmed: return true
        case .refused(.accessRefused): return false
        case let outcome: throw Unexpected(description: "\(outcome)")
        }
    }

    /// The broker takes no message for any of these exchanges and routing keys.
    private func expectRefused(
        _ forbidden: [(exchange: Exchange, key: String)], over connection: Connection, at place: SourceLocation = #_sourceLocation
    ) async throws {
        for (exchange, key) in forbidden {
            let isTaken = try await takes(connection, exchange, key)
            #expect(!isTaken, "\(exchange.name) \(key)", sourceLocation: place)
        }
    }

    private struct Unexpected: Error, CustomStringConvertible { let description: String }

    /// The code with which the broker refuses to bind a queue of the user's own to an exchange.
    private func binding(_ connection: Connection, _ queue: Queue, to exchange: Exchange, _ key: String) async -> AMQPError.Code? {
        do {
            try await connection.declare(
                Declarations(queues: [queue], bindings: [Binding(exchange: exchange.name, queue: queue.name, key: key)]))
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `of a worker publishes, binds and consumes nothing of others`() async throws {
        try await withUsers { [crew] grid, worker, _ in
            let topology = grid.topology
            try await grid.administrator { try await $0.declare(topology.work(Self.wait)) }
            grid.types.withLock { _ = $0.insert(Self.wait) }
            try await connected(worker) { connection in
                try await expectRefused(
                    [
                        (topology.work, "hash"), (topology.work, "wait"), (topology.results, "wait"), (topology.reply, "app.x-1"),
                        (topology.submit, "hash"), (topology.rpc, "dispatcher"), (topology.events, "grid.started"),
                        (topology.registry, "deregister.other.x-1"), (topology.registry, "heartbeat.other.x-1"),
                        (topology.control, "other.x-1"), (topology.control, "workers"), (topology.control, "type.hash"),
                    ], over: connection)
                let isTaken = try await takes(connection, topology.registry, "heartbeat.\(crew).x-1")
                #expect(isTaken, "it may speak for its own")
                let own = topology.listenerQueue("control", "\(crew).x-2")
                #expect(await binding(connection, own, to: topology.control, "\(crew).x-2") == nil)
                for exchange in [topology.work, topology.reply, topology.rpc, topology.registry, topology.events, topology.submit] {
                    #expect(await binding(connection, own, to: exchange, "#") == .accessRefused, "\(exchange.name)")
                }
                #expect(await binding(connection, own, to: topology.control, "#") == .accessRefused)
                #expect(await binding(connection, .exclusive("anything"), to: topology.control, "x") == .accessRefused)
                #expect(await binding(connection, topology.dispatcherLock, to: topology.control, "x") == .accessRefused)
                for queue in [topology.workQueue(Self.wait), topology.submitQueue, topology.resultsQueue, topology.deadQueue] {
                    let purged = await #expect(throws: AMQPError.self) { try await connection.purge(queue: queue.name) }
                    #expect(purged?.code == .accessRefused)
                    let deleted = await #expect(throws: AMQPError.self) { try await connection.delete(queue: queue.name) }
                    #expect(deleted?.code == .accessRefused)
                }
            }
        }
    }

    @Test func `of a worker passes no request on to another worker, which goes on`() async throws {
        try await withUsers { [crew] grid, worker, _ in
            let topology = grid.topology
            let runs = Journal<RecordedRun>()
            let (_, other) = try await grid.startWorkers([runs.worker(Self.wait)])
            try await connected(worker) { connection in
                // Each message in this queue goes to the other worker at once, in the name of its sender.
                var queue = topology.listenerQueue("control", "\(crew).x-1")
                queue.arguments["x-message-ttl"] = 0
                queue.arguments["x-dead-letter-exchange"] = .string(topology.control.name)
                queue.arguments["x-dead-letter-routing-key"] = .string(other)
                #expect(await binding(connection, queue, to: topology.control, "\(crew).x-1") == nil)
                // With the dispatcher's login.
                try await grid.probe.say(topology.control, "\(crew).x-1", WorkerRequest.stop.message())
                try await grid.until {
                    grid.probe.heard.entries.contains { delivery in
                        let reason = delivery.message.properties.headers[WireFormat.Header.reason]?.text ?? ""
                        return delivery.exchange == topology.dead.name && reason.hasPrefix("wrong_user: ")
                            && reason.contains(WireFormat.passedOn)
                    }
                }
            }
            let ending = try await grid.client.run(Self.wait, payload: Data("x".utf8), within: .seconds(60))
            #expect(ending.state == .succeeded)
        }
    }

    @Test func `of the nameservice ends no task, and forges no reply and no event`() async throws {
        try await withUsers { [crew, app] grid, login in
            let topology = grid.topology
            _ = try await grid.startMonitor()
            let (begun, release) = (Latch(), Latch())
            let (_, worker) = try await grid.startWorkers(
                [
                    TaskDefinition(Self.hash, input: .text, output: .text).worker { text, context in
                        begun.open()
                        try await release.wait()
                        return context.isCancelled ? "cancelled" : text
                    }
                ], as: login(crew))
            try await connected(login(topology.users.nameservice)) { connection in
                try await expectRefused(
                    [
                        (topology.work, "hash"), (topology.results, "hash"), (topology.submit, "hash"), (topology.rpc, "dispatcher"),
                        (topology.registry, "deregister.\(worker)"), (topology.control, "type.hash"), (topology.events, "task.hash"),
                    ], over: connection)
                try await GridClient.withClient(endpoint: login(app), topology: topology, logger: grid.logger) { client in
                    async let ending = client.run(Self.hash, payload: Data("x".utf8), within: .seconds(60))
                    try await begun.wait()
                    // The broker lets it speak to workers and clients, and these do not believe it.
                    let cancel = CancelRequest(tasks: (1...10).map { RegistryMessage.Held(task: TaskID($0), attempt: 1) })
                    for request in [cancel.message(), WorkerRequest.stop.message(), WorkerRequest.quiet.message()] {
                        let publication = Publication(exchange: topology.control.name, routingKey: worker, message: request)
                        #expect(try await connection.publish([publication]) == [.confirmed])
                    }
                    let forged = Reply(
                        form: .single, type: Self.hash, correlation: nil,
                        content: .ended([Ending(id: 1, state: .failed, error: TaskError(.failed, "forged"))]))
                    let publication = Publication(exchange: topology.reply.name, routingKey: client.id, message: forged.message())
                    #expect(try await connection.publish([publication]) == [.confirmed])
                    let event = GridEvent(kind: .error, service: "dispatcher", at: .now(), message: "", problem: .storeUnavailable)
                    let told = Publication(exchange: topology.events.name, routingKey: "grid.error", message: .event(event))
                    #expect(try await connection.publish([told]) == [.confirmed])
                    // Three at the worker, one at the client, one at the monitor.
                    try await grid.until { grid.probe.heard.entries.count { $0.exchange == topology.dead.name } >= 5 }
                    release.open()
                    #expect(try await ending.state == .succeeded)
                    #expect(try await ending.result == Data("x".utf8))
                }
            }
        }
    }

    @Test func `of no part but the dispatcher deletes an exchange, or declares one`() async throws {
        try await withUsers { [crew, app] grid, login in
            let topology = grid.topology
            for user in [topology.users.nameservice, topology.users.monitor, crew, app] {
                try await connected(login(user)) { connection in
                    for exchange in topology.exchanges {
                        let deleted = await #expect(throws: AMQPError.self) { try await connection.delete(exchange: exchange.name) }
                        #expect(deleted?.code == .accessRefused, "\(user) \(exchange.name)")
                        for kind in [exchange.kind, .direct] {
                            let declared = await #expect(throws: AMQPError.self) {
                                try await connection.declare(Declarations(exchanges: [Exchange(exchange.name, kind)]))
                            }
                            #expect(declared?.code == .accessRefused, "\(user) \(exchange.name) \(kind)")
                        }
                    }
                }
            }
            // It needs no more to hear the workers.
            try await connected(login(topology.users.nameservice)) { connection in
                let own = topology.listenerQueue("registry", "x-1")
                #expect(await binding(connection, own, to: topology.registry, "#") == nil)
            }
        }
    }

    @Test func `of the monitor publishes no work, result, reply or request to workers`() async throws {
        try await withUsers { [app] grid, login in
            let topology = grid.topology
            try await connected(login(topology.users.monitor)) { connection in
                try await expectRefused(
                    [
                        (topology.submit, "hash"), (topology.work, "hash"), (topology.results, "hash"), (topology.reply, "\(app).x-1"),
                        (topology.registry, "deregister.other.x-1"), (topology.control, "workers"), (topology.control, "type.hash"),
                        (topology.control, "other.x-1"), (topology.events, "task.hash"), (topology.events, "worker.left"),
                    ], over: connection)
            }
        }
    }

    @Test func `of no service reaches the broker's management interface`() async throws {
        try await withUsers { [crew, app] grid, login in
            for user in [grid.topology.users.nameservice, grid.topology.users.monitor, crew, app] {
                let endpoint = login(user)
                let status = try await TestBroker.status(of: "api/whoami", as: endpoint.user, endpoint.password)
                #expect(status == 401, "\(user)")
            }
        }
    }

    @Test func `speaks in no other user's name`() async throws {
        try await withUsers { grid, worker, _ in
            try await connected(worker) { connection in
                let message = Message(properties: BasicProperties(userID: grid.endpoint.user))
                let publication = Publication(exchange: grid.topology.dead.name, routingKey: "", message: message)
                // The broker closes the channel (406).
                await #expect(throws: AMQPError.self) { try await connection.publish([publication], within: .seconds(10)) }
            }
        }
    }

    @Test func `of a client submits, asks and hears nothing of others`() async throws {
        try await withUsers { [app] grid, _, client in
            let topology = grid.topology
            try await connected(client) { connection in
                try await expectRefused(
                    [
                        (topology.submit, "wait"), (topology.results, "hash"), (topology.work, "hash"), (topology.reply, "\(app).x-1"),
                        (topology.registry, "register.\(app).x-1"), (topology.control, "workers"), (topology.events, "grid.started"),
                    ], over: connection)
                let own = topology.replyQueue(client: "\(app).x-1")
                #expect(await binding(connection, own, to: topology.reply, "\(app).x-1") == nil)
                for key in ["#", "other.x-1", "*.x-1"] {
                    #expect(await binding(connection, own, to: topology.reply, key) == .accessRefused, "\(key)")
                }
                #expect(await binding(connection, own, to: topology.events, "task.wait") == .accessRefused)
                #expect(await binding(connection, topology.replyQueue(client: "other.x-1"), to: topology.reply, "x") == .accessRefused)
            }
        }
    }

    @Test func `does its own work, and the dispatcher refuses the rest`() async throws {
        try await withUsers { grid, worker, endpoint in
            let runs = Journal<RecordedRun>()
            _ = try await grid.startWorkers([runs.worker(Self.hash)], as: worker)
            _ = try await grid.startWorkers([runs.worker(Self.wait)])
            let waiting = try await grid.client.run(Self.wait, payload: Data("x".utf8), within: .seconds(60)).id
            try await GridClient.withClient(endpoint: endpoint, topology: grid.topology, logger: grid.logger) { client in
                let ending = try await client.run(Self.hash, payload: Data("a".utf8), within: .seconds(60))
                #expect(ending.state == .succeeded)
                #expect(try await client.status(ending.id).user == endpoint.user)
                let refused = await #expect(throws: ClientError.self) {
                    _ = try await client.run(Self.wait, payload: Data(), within: .seconds(60))
                }
                #expect(refused?.code == .accessRefused)
                for body in [
                    { _ = try await client.status(waiting) }, { _ = try await client.cancel([waiting]) },
                    { _ = try await client.pause([Self.hash]) },
                ] as [@Sendable () async throws -> Void] {
                    let error = await #expect(throws: ClientError.self) { try await body() }
                    #expect(error?.code == .accessRefused)
                }
            }
        }
    }
}
