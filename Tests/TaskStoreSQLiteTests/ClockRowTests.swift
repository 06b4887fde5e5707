import Foundation
import TaskGridCore
import TaskStore
import TaskStoreConformance
import Testing

@testable import TaskStoreSQLite

@Suite("The row of the clock")
struct ClockRowTests {
    @Test func `a commit that gives no ids keeps the clock when a second has passed or the wall clock was set`() async throws {
        try await StoreFactory.sqliteInMemory.withStore { store in
            let types: [TaskType] = [.sum, .reverse, TaskType(literal: "hash"), TaskType(literal: "upper")]
            for (index, (clock, wall, kept)) in [
                (0, 100, (0, 100)), (999, 1099, (0, 100)), (1000, 1100, (1000, 1100)), (1001, 5000, (1001, 5000)),
            ]
            .enumerated() {
                let reading = StoreClockReading(clock: .at(clock), wall: .at(wall))
                _ = try await store.commit(StoreChanges(clock: reading, types: [types[index]]))
                #expect(try await store.clock() == StoreClockReading(clock: .at(kept.0), wall: .at(kept.1)))
            }
        }
    }
}
