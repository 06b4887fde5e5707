import AMQP
import TaskGridCore
import TestSupport
import Testing

@testable import Nameservice

@Suite("The pace of heartbeats")
struct HeartbeatPaceTests {
    @Test func `the interval grows with the number of workers, and shrinks when clearly fewer are there`() {
        var pace = HeartbeatPace()
        for (workers, interval) in [(1_000, 1_000), (1_001, 2_000), (990, 2_000), (9_900, 10_000), (3_000, 5_000), (1, 1_000)] {
            let before = pace.interval
            let hasChanged = pace.update(workers: workers)
            #expect(pace.interval == interval, "\(workers) workers")
            #expect(hasChanged == (before != interval))
        }
    }

    @Test func `all are told when the interval changes, and one that joins later by itself`() throws {
        let registry = WorkerRegistry(topology: Topology(prefix: "t"), leases: LeaseTable(maximum: 2_000), logger: .silent)
        var publications: [Publication] = []
        for number in 0..<1_100 {
            publications += registry.handle(.register, .sample("w\(number)"), at: .after(number))
        }
        #expect(publications.allSatisfy { $0.exchange == "t.events" })
        publications = registry.handle(.heartbeat, .sample("w1"), at: .after(2_100))
        let told = try #require(publications.first)
        #expect(publications.count == 1 && told.exchange == "t.control" && told.routingKey == "workers")
        #expect(try HeartbeatRequest(told.message) == HeartbeatRequest(interval: 2_000))
        publications = registry.handle(.register, .sample("late"), at: .after(2_200))
        #expect(publications.map(\.routingKey) == ["worker.joined", "late"])
    }
}
