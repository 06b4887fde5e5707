import AMQP
import Foundation
import LocalGrid
import TaskGridCore
import TestSupport
import Testing

@Suite("Large submissions, many at a time", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct FloodTests {
    /// They all wait in the broker when the dispatcher comes, and are fewer than its prefetch.
    @Test func `many large submissions at a time take a bounded memory`() async throws {
        try await FaultGrid.run { grid in
            let (first, worker) = try await grid.start()
            _ = try await first.stop()
            _ = try await worker.stop()
            for number in 0..<160 {
                let later = Submission.Task(payload: Data(count: 2 << 20), settings: TaskSettings(due: .now() + .seconds(3600)))
                let submission = Submission(form: .single, type: FaultGrid.fault, key: "large-\(number)", tasks: [later])
                try await grid.probe.say(grid.topology.submit, FaultGrid.fault.name, submission.message())
            }
            let pid = try await grid.launch(.dispatcher, named: "second").ready()
            try await grid.until { try await grid.counters().submitted == 160 }
            let megabytes = try Self.peak(of: pid)
            print("measured: 320 MiB of submissions wait: the dispatcher peaks at \(megabytes) MiB")
            #expect(megabytes < 320)
        }
    }

    /// Each is more than the nameservice reads, and the broker could hand out all of them at once.
    @Test func `large messages to the registry take no more of the nameservice's memory than some`() async throws {
        try await FaultGrid.run { grid in
            let pid = try await grid.launch(.nameservice).ready()
            let message = Message(properties: BasicProperties(type: "heartbeat", appID: "w"), body: Data(count: 20_000_000))
            for _ in 0..<15 { try await grid.probe.say(grid.topology.registry, "heartbeat.fault", message) }
            // It has dealt with them when it deals with what comes after them.
            try await grid.probe.say(grid.topology.registry, "heartbeat.fault", Message(properties: BasicProperties(messageID: "last")))
            try await grid.probe.heard.first { delivery in
                delivery.exchange == grid.topology.dead.name && delivery.message.properties.messageID == "last" ? () : nil
            }
            let megabytes = try Self.peak(of: pid)
            print("measured: 15 messages of 20 MB to the registry: the nameservice peaks at \(megabytes) MiB")
            #expect(megabytes < 200)
            let letters = grid.probe.heard.entries.filter { $0.exchange == grid.topology.dead.name }
            #expect(letters.allSatisfy { $0.message.body.count <= WireFormat.maximumDeadBodySize })
        }
    }

    /// The most memory that a process has ever had, in MiB.
    private static func peak(of pid: some CustomStringConvertible) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let peak = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?.split(separator: " ").dropLast().last)
        return try #require(Int(peak)) / 1024
    }
}
