import AMQP
import Foundation
import Logging
import TaskGridCore
import TestSupport
import Testing

@testable import Nameservice

/// With any messages in any order the registry stays bounded, and each message is used or goes to the dead-letter queue once.
@Suite struct RegistryFuzzTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>) func `random messages keep the registry within its bounds and its events consistent`(
        seed: UInt64
    ) throws {
        var generator = Seeded(seed: seed)
        let registry = WorkerRegistry(
            topology: Topology(prefix: "t"), leases: LeaseTable(maximum: 5, maximumTypes: 6),
            logger: .silent
        )
        var alive: Set<String> = []
        for step in 0..<400 {
            let moment = ClockReading.after(step * 20)
            let message = generator.registryMessage().verified
            let content = try? RegistryMessage.decode(message)
            let key = content.map { Topology.registryKey($0.0, worker: $0.1.worker) } ?? ""
            let published = registry.handle(message, key: key, at: moment) + registry.expire(at: moment)
            let isReadable = (try? RegistryMessage.decode(message, routingKey: key)) != nil
            #expect(published.count { $0.exchange == "t.dead" } == (isReadable ? 0 : 1), "seed \(seed), step \(step)")
            for publication in published {
                #expect(throws: Never.self, "seed \(seed), step \(step)") { try publication.check() }
                guard publication.exchange == "t.events", publication.routingKey.hasPrefix("worker.") else { continue }
                let event = try JSON.decode(WorkerEvent.self, publication.message.body)
                let isNew =
                    event.kind == .joined ? alive.insert(event.worker.worker).inserted : alive.remove(event.worker.worker) != nil
                #expect(isNew, "seed \(seed), step \(step): \(event.worker.worker) \(event.kind) twice")
            }
            for workers in Dictionary(grouping: alive, by: { $0.prefix { $0 != "." } }).values {
                #expect(workers.count <= 5, "seed \(seed), step \(step)")
            }
            #expect(alive.count < 10, "seed \(seed), step \(step)")
            let asked = registry.answer(generator.query().verified, key: "nameservice")
            #expect(throws: Never.self, "seed \(seed), step \(step)") { try asked.check() }
        }
        for _ in 0...10 {
            guard let next = registry.nextExpiry else { break }
            _ = registry.expire(at: ClockReading(instant: next, timestamp: .now()))
        }
        #expect(registry.nextExpiry == nil, "seed \(seed)")
    }
}

extension Seeded {
    /// Mostly of few workers and types, sometimes damaged.
    mutating func registryMessage() -> Message {
        let kind = [RegistryMessage.Kind.register, .heartbeat, .heartbeat, .deregister][number(0...3)]
        let types = (0..<number(0...3)).map { _ in "t\(number(0...9))" }
        let interval = [1, 10, 100, 1000, 3_600_000, 3_600_001][number(0...5)]
        var message = RegistryMessage.sample("u\(number(0...2)).w\(number(0...9))", types: types, interval: interval).message(kind)
        switch number(0...5) {
        case 0 where !message.body.isEmpty: message.body[number(0...message.body.count - 1)] = .random(in: .min ... .max, using: &self)
        case 1: message.body = message.body.prefix(number(0...message.body.count))
        case 2 where number(0...3) == 0: message = Message(body: bytes(0...50))
        case 3 where number(0...3) == 0:
            message.properties.type = String(decoding: bytes(0...300), as: UTF8.self)
            message.properties.appID = String(decoding: bytes(0...300), as: UTF8.self)
        default: break
        }
        return message
    }

    mutating func query() -> Message {
        var message = WorkersQuery(type: nil).message(from: "me", correlation: "1")
        switch number(0...4) {
        case 0: message.body = bytes(0...20)
        case 1: message.properties.replyTo = nil
        case 2: message.properties.replyTo = String(decoding: bytes(0...255), as: UTF8.self)
        case 3: message.properties.type = String(decoding: bytes(0...255), as: UTF8.self)
        default: break
        }
        return message
    }
}
