import AMQP
import Foundation
import LocalGrid
import Logging
import TestSupport
import Testing

/// A broker that several addresses lead to, as the nodes of a cluster do.
@Suite("A broker of several addresses", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct ClusterAddressTests {
    private func connection(_ proxies: [WatchedProxy]) -> Connection {
        var endpoint = proxies[0].endpoint
        endpoint.addresses = proxies.flatMap(\.endpoint.addresses)
        return Connection(endpoint, name: "test cluster", logger: Logger(label: "test"))
    }

    @Test func `a connection whose node dies goes on with one that lives, and comes back to the first when the other dies`() async throws {
        let proxies = try [WatchedProxy(to: TestBroker.endpoint()), WatchedProxy(to: TestBroker.endpoint())]
        let connection = connection(proxies)
        let reconnections = try await Reconnections(starting: connection)
        for round in 2...5 {
            let used = proxies[0].isUsed ? 0 : 1
            // The node refuses connections until the other one dies.
            proxies[used].refuse(true)
            proxies[1 - used].refuse(false)
            proxies[used].cut()
            #expect(await reconnections.next() == round)
            #expect(connection.isConnected && proxies[1 - used].isUsed)
        }
        await connection.close()
        for proxy in proxies { proxy.close() }
    }

    @Test func `an address where nobody listens does not keep a connection from the others`() async throws {
        let proxy = try WatchedProxy(to: TestBroker.endpoint())
        for _ in 0..<8 {
            var endpoint = proxy.endpoint
            endpoint.addresses.append(.init(host: "127.0.0.1", port: 1))
            let connection = Connection(endpoint, name: "test cluster", logger: Logger(label: "test"))
            try await connection.start(patience: .seconds(20))
            await connection.close()
        }
        proxy.close()
    }

    @Test func `a node that says nothing does not use up the time of the others, however soon a start is to give up`() async throws {
        let broker = try TestBroker.endpoint()
        let silent = try Proxy(to: broker.addresses[0].host, port: broker.addresses[0].port)
        silent.stall()
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Each connection has an order of its own, so that about half of them begin with the silent node.
            for _ in 0..<8 {
                group.addTask {
                    var endpoint = broker
                    endpoint.addresses.append(.init(host: "127.0.0.1", port: silent.port))
                    let connection = Connection(endpoint, name: "test cluster", logger: Logger(label: "test"))
                    try await connection.start(patience: .milliseconds(1))
                    await connection.close()
                }
            }
            try await group.waitForAll()
        }
        silent.stop()
    }

    @Test func `a start that fails says what each address did`() async throws {
        let broker = try TestBroker.endpoint()
        let silent = try Proxy(to: broker.addresses[0].host, port: broker.addresses[0].port)
        silent.stall()
        var endpoint = broker
        endpoint.addresses = [.init(host: "127.0.0.1", port: 1), .init(host: "127.0.0.1", port: silent.port)]
        let connection = Connection(endpoint, name: "test cluster", logger: Logger(label: "test"))
        let error = await #expect(throws: AMQPError.self) { try await connection.start(patience: .milliseconds(1)) }
        #expect(error?.code == .unreachable)
        let parts = error?.message.components(separatedBy: "; ") ?? []
        #expect(parts.count == 2 && parts.first?.contains("no broker answers at") == true && parts.first?.contains(":1 (") == true)
        #expect(parts.last?.contains("127.0.0.1:\(silent.port)") == true, "\(parts)")
        await connection.close()
        silent.stop()
    }
}

extension WatchedProxy {
    /// A connection that was joined has not ended.
    fileprivate var isUsed: Bool {
        let events = journal.entries
        return events.count { $0 == .joined } > events.count { $0 == .ended }
    }
}
