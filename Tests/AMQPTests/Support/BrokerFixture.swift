import AMQP
import Foundation
import Logging
import TaskGridCore
import TestSupport
import Testing

/// A queue of a test's own on the broker, which connections reach through a ``WatchedProxy``.
struct BrokerFixture {
    let proxy: WatchedProxy
    let log = Journal<LogLine>()
    let exchange = "test.\(UUID().uuidString)"
    let queue: Queue

    /// - Parameter isShared: the queue outlives its connections, for a minute.
    init(isShared: Bool = false, heartbeat: Int = 10) throws {
        proxy = try WatchedProxy(to: TestBroker.endpoint(), heartbeat: heartbeat)
        queue = isShared ? .shared(exchange, kind: .classic, arguments: ["x-expires": 60_000]) : .exclusive(exchange)
    }

    /// One with a connection through its proxy, which is up.
    static func started(heartbeat: Int = 10) async throws -> (BrokerFixture, Connection) {
        let fixture = try BrokerFixture(heartbeat: heartbeat)
        let connection = fixture.connection()
        try await connection.start()
        return (fixture, connection)
    }

    var declarations: Declarations {
        Declarations(
            exchanges: [Exchange(exchange, .direct)], queues: [queue], bindings: [Binding(exchange: exchange, queue: queue.name, key: "k")]
        )
    }

    /// A connection through the proxy that comes back soon.
    func connection(_ name: String = "proxied", ownership: Ownership = .none) -> Connection {
        Connection(
            proxy.endpoint, name: "test \(name)", declarations: declarations, ownership: ownership,
            backoff: Backoff(base: .milliseconds(5), ceiling: .milliseconds(50)), logger: Logger(into: log)
        )
    }

    func publication(_ body: String = "", to exchange: String? = nil) -> Publication {
        Publication(exchange: exchange ?? self.exchange, routingKey: "k", message: Message(body: Data(body.utf8)))
    }

    /// Returns once this line was logged so often.
    func logged(_ line: String, count: Int = 1) async -> Bool {
        await log.saw(count) { $0.message == line }
    }

    func close(_ connection: Connection) async {
        await connection.close()
        await close()
    }

    /// Ends the network, and with it exclusive queues, and deletes the rest from the broker.
    func close() async {
        proxy.close()
        guard let endpoint = try? TestBroker.endpoint() else { return }
        let admin = Connection(endpoint, name: "test clean-up", logger: .silent)
        guard (try? await admin.start(patience: .seconds(5))) != nil else { return }
        if !queue.isExclusive { try? await admin.delete(queue: queue.name) }
        await admin.close()
    }
}

/// The times that a connection came up.
final class Reconnections {
    private var iterator: AsyncStream<Int>.Iterator

    /// Starts the connection, which is the first time.
    init(starting connection: Connection) async throws {
        iterator = connection.reconnections().makeAsyncIterator()
        try await connection.start()
        #expect(await next() == 1)
    }

    /// Waits for the next time, and gives its number.
    func next() async -> Int? { await iterator.next(isolation: #isolation) }
}

extension Delivery {
    var text: String { String(decoding: message.body, as: UTF8.self) }
}
