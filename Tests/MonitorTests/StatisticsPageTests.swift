import AMQP
import Foundation
import Synchronization
import TaskGridCore
import Testing

@testable import Monitor

@Suite struct StatisticsPageTests {
    private final class Time: Sendable {
        let now = Mutex(Timestamp.start)
    }

    /// However much happens between two queries, as it does while tasks flow.
    @Test func `the page of statistics is encoded once for all requests within a quarter of a second`() throws {
        let time = Time()
        let grid = GridState(topology: Topology(prefix: "t"), now: { time.now.withLock { $0 } })
        let page = StatisticsPage(grid: grid)
        let first = page.data()
        try grid.apply(.event(TypeEvent.sample([.pending: 3])), exchange: grid.topology.events.name, key: "task.reverse")
        time.now.withLock { $0 = .after(0.249) }
        #expect(page.data() == first)
        time.now.withLock { $0 = .after(0.25) }
        let second = page.data()
        #expect(String(decoding: second, as: UTF8.self).contains("\"pending_tasks\":3"))
        #expect(page.data() == second)
    }
}
