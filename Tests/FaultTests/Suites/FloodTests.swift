import Foundation
import LocalGrid
import TaskGridCore
import TestSupport
import Testing

@Suite("Large submissions, many at a time", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct FloodTests {
    /// They all wait in the broker when the dispatcher comes, and are fewer than its prefetch.
    @Test func takeNoMoreMemoryThanSome() async throws {
        try await FaultGrid.run { grid in
            let (first, worker) = try await grid.start()
            _ = try await first.stop()
            _ = try await worker.stop()
            for number in 0..<160 {
                let later = Submission.Task(payload: Data(count: 2 << 20), due: .now() + .seconds(3600))
                let submission = Submission(form: .single, type: FaultGrid.fault, key: "large-\(number)", tasks: [later])
                try await grid.ear.say(grid.topology.submit, FaultGrid.fault.name, submission.message())
            }
            let pid = try await grid.launch(.dispatcher, named: "second").ready()
            try await grid.until { try await grid.books().submitted == 160 }
            let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
            let peak = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?.split(separator: " ").dropLast().last)
            let megabytes = try #require(Int(peak)) / 1024
            print("measured: 320 MiB of submissions wait: the dispatcher peaks at \(megabytes) MiB")
            #expect(megabytes < 320)
        }
    }
}
