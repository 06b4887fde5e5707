import AMQP
import Foundation
import Logging
import TaskGridCore

/// A queue of a test's own on the broker, which connections reach through a ``WatchedProxy``.
struct Grid {
    let proxy: WatchedProxy
    let log = LogJournal()
    let exchange = "test.\(UUID().uuidString)"
    let queue: Queue

    /// - Parameter isShared: the queue outlives its connections, for a minute.
    init(isShared: Bool = false, heartbeat: Int = 10) throws {
        proxy = try WatchedProxy(to: TestBroker.endpoint(), heartbeat: heartbeat)
        queue = isShared ? .shared(exchange, kind: .classic, arguments: ["x-expires": 60_000]) : .exclusive(exchange)
    }

    var declarations: Declarations {
        Declarations(
            exchanges: [Exchange(exchange, .direct)], queues: [queue], bindings: [Binding(exchange: exchange, queue: queue.name, key: "k")]
        )
    }

    /// A connection through the proxy that comes back soon.
    func connection(_ name: String = "proxied") -> Connection {
        Connection(
            proxy.endpoint, name: "test \(name)", declarations: declarations,
            backoff: Backoff(base: .milliseconds(5), ceiling: .milliseconds(50)), logger: log.logger
        )
    }

    func publication(_ body: String = "", to exchange: String? = nil) -> Publication {
        Publication(exchange: exchange ?? self.exchange, routingKey: "k", message: Message(body: Data(body.utf8)))
    }

    /// Returns once this line was logged so often.
    func logged(_ line: String, count: Int = 1) async -> Bool {
        await log.journal.saw(count) { $0 == line }
    }

    /// Ends the network, and with it exclusive queues; what else there is on the broker is deleted.
    func close() async {
        proxy.close()
        guard let endpoint = try? TestBroker.endpoint() else { return }
        let admin = Connection(endpoint, name: "test clean-up", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        guard (try? await admin.start(patience: .seconds(5))) != nil else { return }
        if !queue.isExclusive { try? await admin.delete(queue: queue.name) }
        await admin.close()
    }
}

extension Delivery {
    var text: String { String(decoding: message.body, as: UTF8.self) }
}
