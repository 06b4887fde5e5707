import AMQP
import Foundation
import LocalGrid
import Logging
import TaskGridCore
import TestSupport
import Testing

@testable import TaskGridClient

/// The errors of a client about a broker that is down, blocked, full or silent: each is an error of its own that says what happened,
/// at which broker, and whether the submission may have been accepted.
@Suite("A client's errors on a real broker", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct BrokerErrorTests {
    private let topology = Topology(prefix: "test-\(UUID().uuidString.prefix(8).lowercased())")
    private let log = Journal<LogLine>()
    private let time = TestTime()

    /// A client behind a network of the test's own. Its connections there: first the replies', then the publishing one. Time
    /// passes for it as the test says.
    private func withClient(_ body: (GridClient, Proxy) async throws -> Void) async throws {
        let (proxy, endpoint) = try TestBroker.behindProxy()
        let logger = Logger(into: log)
        let id = ClientID.make(user: TestBroker.user)
        let client = GridClient(
            id: id, topology: topology, transport: BrokerClientTransport(endpoint: endpoint, topology: topology, id: id, logger: logger),
            logger: logger, now: { [time] in time.now }
        )
        try await client.start(within: .seconds(30))
        do {
            try await body(client, proxy)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }

    /// The error of a submission whose deadline passes once its first try has failed.
    ///
    /// - Parameter deadline: a broker that does not answer is waited for so long, in true time.
    private func failure(of client: GridClient, key: String? = nil, deadline: Duration = .seconds(30)) async -> ClientError? {
        let options = TaskOptions(key: key, deadline: deadline)
        async let error = TaskGridClientTests.failure { _ = try await client.submit(.reverse, payload: Data("x"), options: options) }
        _ = await log.saw { $0.message.hasPrefix("submission not taken") }
        time.advance(by: deadline)
        client.lookAtTime()
        return await error
    }

    /// The queue that a dispatcher has declared which does not run now.
    private func declareSubmitQueue(_ connection: Connection) async throws {
        try await connection.declare(
            topology.common
                + Declarations(
                    queues: [topology.submitQueue],
                    bindings: [Binding(exchange: topology.submit.name, queue: topology.submitQueue.name, key: "#")]
                )
        )
    }

    @Test func `a broker that cannot be reached is named in the error`() async throws {
        let client = GridClient(endpoint: Endpoint(host: "127.0.0.1", port: 1), topology: topology, logger: .silent)
        let error = await #expect(throws: ClientError.self) { try await client.start(within: .milliseconds(100)) }
        #expect(error?.code == .brokerUnavailable)
        #expect(error?.message.contains("no broker answers at amqp://guest@127.0.0.1:1") == true)
        #expect(error?.message.contains("is it running?") == true)
        await client.close()
    }

    @Test func `a broker that went away is named in the error`() async throws {
        try await withClient { client, proxy in
            proxy.refuse()
            proxy.cut()
            let error = await failure(of: client, deadline: .seconds(1))
            #expect(error?.code == .brokerUnavailable)
            #expect(error?.message.contains("127.0.0.1:\(proxy.port)") == true)
            #expect(error?.message.contains("is it running?") == true)
        }
    }

    @Test func `a broker alarm is the reason in the error`() async throws {
        try await withClient { client, proxy in
            // `connection.blocked`, with the reason that RabbitMQ gives: class 10, method 60, a short string.
            proxy.inject([1, 0, 0, 0, 0, 0, 18, 0, 10, 0, 60, 13] + Array("low on memory".utf8) + [0xCE], into: .number(2))
            #expect(await log.saw { $0.message == "broker takes no messages, publishing waits" })
            let error = await failure(of: client, deadline: .seconds(1))
            #expect(error?.code == .brokerBlocked)
            #expect(error?.message.contains("takes no messages now (low on memory): free memory or disk on it") == true)
            #expect(error?.isOutcomeUnknown == false, "nothing was sent")
        }
    }

    @Test func `a full submit queue is the reason in the error`() async throws {
        try await TestBroker.withConnection { connection in
            try await declareSubmitQueue(connection)
            try await TestBroker.bound(topology.submitQueue.name, to: 1)
            // The broker applies a policy in its own time.
            let filler = Publication(exchange: topology.submit.name, routingKey: "reverse", message: Message(body: Data("x")))
            while try await connection.publish([filler]) != [.nacked] {}
            try await withClient { client, _ in
                let error = await failure(of: client)
                #expect(error?.code == .brokerFull)
                #expect(error?.message.contains("the queue \(topology.submitQueue.name) is full") == true)
                #expect(error?.isOutcomeUnknown == false, "the broker has refused it")
            }
            try await TestBroker.unbound(topology.submitQueue.name)
            try await connection.delete(queue: topology.submitQueue.name)
            try await connection.delete(queue: topology.deadQueue.name)
        }
    }

    @Test func `a broker that does not answer is named in the error`() async throws {
        try await TestBroker.withConnection { connection in
            try await declareSubmitQueue(connection)
            try await withClient { client, proxy in
                proxy.stall([.towardClient])
                let error = await failure(of: client, key: "order-17", deadline: .milliseconds(300))
                #expect(error?.code == .timedOut)
                #expect(error?.isOutcomeUnknown == true)
                #expect(error?.message.contains("it may have been accepted (repeat it with the same key, which is safe)") == true)
                // Closing in order would wait for the broker's farewell.
                proxy.cut()
            }
            try await connection.delete(queue: topology.submitQueue.name)
            try await connection.delete(queue: topology.deadQueue.name)
        }
    }

    @Test func `a missing dispatcher is named in the error`() async throws {
        try await withClient { client, _ in
            let error = await failure(of: client)
            #expect(error?.code == .serviceUnavailable)
            #expect(error?.message.contains("no dispatcher has ever run") == true)
            #expect(error?.isOutcomeUnknown == false)
        }
    }

    @Test func `a user without the right to write is refused, and certainly so`() async throws {
        let name = "\(topology.prefix)-reader"
        let endpoint = try await TestBroker.makeUser(name, configure: ".*", write: "^(?!\(topology.submit.name)$).*$", read: ".*")
        let client = GridClient(endpoint: endpoint, topology: topology, logger: Logger(into: log))
        try await client.start(within: .seconds(30))
        // More of them than channels that are lost without a reason would be tolerated.
        for _ in 0..<8 {
            let error = await TaskGridClientTests.failure { _ = try await client.submit(.reverse, payload: Data("x")) }
            #expect(error?.code == .accessRefused)
            #expect(error?.isOutcomeUnknown == false)
            #expect(error?.message.contains("give its user the permission") == true)
        }
        await client.close()
        try await TestBroker.removeUser(name)
    }

    @Test func `TLS with a port that does not speak it is refused with what to do`() async throws {
        var endpoint = try TestBroker.endpoint()
        endpoint.tls = TLSSettings()
        let client = GridClient(endpoint: endpoint, topology: topology, logger: .silent)
        let error = await #expect(throws: ClientError.self) { try await client.start() }
        #expect(error?.code == .brokerUnavailable)
        #expect(error?.message.contains("no TLS is spoken there") == true)
        await client.close()
    }
}
