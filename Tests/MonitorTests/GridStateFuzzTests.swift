import AMQP
import Foundation
import TaskGridCore
import TestSupport
import Testing

@testable import Monitor

/// Any message to the monitor is taken or refused with a `WireError`, and the monitor's state stays bounded.
@Suite struct GridStateFuzzTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>) func `random messages crash nothing and keep the grid state within its bounds`(
        seed: UInt64
    ) {
        var generator = Seeded(seed: seed)
        let grid = GridState(topology: Topology(prefix: "t"), now: { .start })
        var taken = 0
        for step in 0..<300 {
            var (message, key) = generator.valid()
            for _ in 0..<Int.random(in: 0...2, using: &generator) { generator.damage(&message) }
            do {
                try grid.apply(message, exchange: key.hasPrefix("heartbeat") ? "t.registry" : "t.events", key: key)
                taken += 1
            } catch {
                #expect(!error.description.isEmpty, "seed \(seed), step \(step)")
            }
            let report = StatisticsReport(grid.current, at: .after(1))
            #expect(!JSON.encode(report).isEmpty, "seed \(seed), step \(step)")
        }
        #expect((50...299).contains(taken), "seed \(seed): \(taken) of 300 taken")
        #expect(grid.statistics.gridEvents.count <= Statistics.maximumGridEvents)
    }
}

extension Seeded {
    /// Numbers as anybody may send them.
    private mutating func count() -> Int { [0, 1, -1, 7, 1 << 45, 1 << 53, .max, .min][number(0...7)] }

    fileprivate mutating func valid() -> (Message, String) {
        switch number(0...3) {
        case 0:
            let event = TypeEvent.sample(
                [.pending: number(0...9), .succeeded: count()], workers: [WorkerTally(worker: "w", succeeded: count())],
                run: [(UInt64(number(0...Int.max)), UInt64(number(0...9)))], retried: number(0...9)
            )
            return (.event(event), "task.reverse")
        case 1:
            let worker = RegistryMessage.sample("w\(number(0...9))")
            return (.event(WorkerEvent(kind: [.joined, .left][number(0...1)], at: .start, worker: worker)), "worker.joined")
        case 2: return (.event(GridEvent(kind: .error, service: "s", at: .start, message: "m")), "grid.error")
        default:
            let id = "w\(number(0...9))"
            return (RegistryMessage.sample(id).message(.heartbeat).by(id), "heartbeat.\(id)")
        }
    }

    fileprivate mutating func damage(_ message: inout Message) {
        switch number(0...2) {
        case 0 where !message.body.isEmpty: message.body[number(0...message.body.count - 1)] = .random(in: .min ... .max, using: &self)
        case 1: message.body = message.body.prefix(number(0...message.body.count))
        default:
            let place = number(0...message.body.count)
            message.body = message.body.prefix(place) + Data([.random(in: .min ... .max, using: &self)]) + message.body.dropFirst(place)
        }
    }
}
