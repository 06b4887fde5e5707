import Foundation
import LocalGrid
import TestSupport
import Testing

@testable import AMQP

extension TLSTests {
    @Suite("Traffic") struct TrafficTests {
        private let body = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })

        private func connection(_ name: String, port: Int? = nil) throws -> (Connection, Consumer, Publication) {
            let broker = try TLSBroker.shared()
            let queue = Queue.exclusive("test.\(UUID().uuidString)")
            let connection = Connection(
                try broker.endpoint(broker.certificates.settings("client"), port: port), name: "test \(name)",
                declarations: Declarations(queues: [queue]), logger: .silent
            )
            let consumer = connection.consumer(queues: [queue.name], prefetch: 20)
            return (connection, consumer, Publication(exchange: "", routingKey: queue.name, message: Message(body: body)))
        }

        /// Takes and acknowledges messages; returns how many came whole.
        private func take(_ count: Int, from consumer: Consumer) async -> Int {
            var (taken, whole) = (0, 0)
            while taken < count, let batch = await consumer.next() {
                taken += batch.count
                whole += batch.count { $0.message.body == body }
                if let last = batch.last { await consumer.ack(upTo: last.tag) }
            }
            return whole
        }

        @Test func `large messages go both ways at once over one connection`() async throws {
            let (connection, consumer, publication) = try connection("both ways")
            try await connection.start(patience: .seconds(10))
            let count = 60
            async let outcomes = connection.publish(Array(repeating: publication, count: count), within: .seconds(60))
            #expect(await take(count, from: consumer) == count)
            #expect(try await outcomes == Array(repeating: .confirmed, count: count))
            await connection.close()
        }

        @Test func `a write that the network has taken in part goes on where it stopped`() async throws {
            let proxy = try Proxy(to: "127.0.0.1", port: TLSBroker.shared().port)
            let (connection, consumer, publication) = try connection("stalled", port: proxy.port)
            try await connection.start(patience: .seconds(10))
            // More than the buffers of both sockets and the proxy hold.
            proxy.stall([.towardBroker])
            let count = 60
            async let outcomes = connection.publish(Array(repeating: publication, count: count), within: .seconds(60))
            var waits = 0
            while waits < 10 { waits = await connection.waitsToWrite ? waits + 1 : 0 }
            proxy.resume()
            #expect(await take(count, from: consumer) == count)
            #expect(try await outcomes == Array(repeating: .confirmed, count: count))
            await connection.close()
            proxy.stop()
        }
    }
}

extension Connection {
    /// The socket has not taken all that there is to write.
    fileprivate var waitsToWrite: Bool { if case .open(let session) = phase { session.wantsToWrite } else { false } }
}
