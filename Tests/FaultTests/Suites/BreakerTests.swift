import Foundation
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("A type whose tasks all fail", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct BreakerTests {
    @Test func `a type whose tasks all fail waits in the store until the cause is gone`() async throws {
        try await FaultGrid.run { grid in
            _ = try await grid.start()
            let cause = grid.file("cause")
            try Data().write(to: URL(filePath: cause))
            let options = TaskOptions(TaskSettings(maxAttempts: 100), deadline: .seconds(60))
            let submitted = try await grid.submit(Array(repeating: "fail-with \(cause)", count: 60), each: 60, options: options)
            _ = try await grid.probe.event(TypeEvent.self) { $0.breaker == .open }
            report("breaker of a type whose tasks all fail: attempts until it opens: \(grid.runs.begun.count)", .zero)
            let start = grid.probe.heard.count
            let removed = ContinuousClock.now
            try FileManager.default.removeItem(atPath: cause)
            _ = try await grid.probe.event(TypeEvent.self, from: start) { $0.breaker == .closed }
            report("breaker with a pause of 1 s, from the cause's end until it has closed", .now - removed)
            let endings = try await grid.settle(submitted)
            report("breaker with a pause of 1 s, from the cause's end until all has ended", .now - removed)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
        }
    }
}
