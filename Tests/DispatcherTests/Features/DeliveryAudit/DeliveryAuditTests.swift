import TaskGridCore
import TestSupport
import Testing

@testable import Dispatcher

@Suite("The audit")
struct DeliveryAuditTests {
    private let start = Moment.now
    private let beat = Duration.seconds(1)

    @Test func `sends a marker every two seconds while they come back, and none while nothing is out`() {
        var audit = DeliveryAudit(after: 100)
        #expect(audit.marker(at: start, hasHandedOut: true) == nil)
        // A task that ends within the interval needs none.
        #expect(audit.marker(at: start + .seconds(1), hasHandedOut: false) == nil)
        #expect(audit.marker(at: start + .seconds(3), hasHandedOut: true) == nil)
        #expect(audit.marker(at: start + .milliseconds(4999), hasHandedOut: true) == nil)
        #expect(audit.marker(at: start + .seconds(5), hasHandedOut: true) == 101)
        #expect(audit.returned(101, candidates: [:], heartbeat: beat, at: start + .seconds(5)) == [:])
        #expect(audit.marker(at: start + .milliseconds(6999), hasHandedOut: true) == nil)
        #expect(audit.marker(at: start + .seconds(7), hasHandedOut: true) == 102)
    }

    @Test func `sends one at once where much may have been lost`() {
        var audit = DeliveryAudit(after: 100, due: start)
        #expect(audit.marker(at: start, hasHandedOut: true) == 101)
    }

    @Test func `sends ever fewer markers while none comes back, so that a queue nobody empties is not filled with them`() {
        var audit = DeliveryAudit(after: 0, due: start)
        var times: [Int] = []
        for second in 0..<3600 where audit.marker(at: start + .seconds(second), hasHandedOut: true) != nil { times.append(second) }
        #expect(Array(times.prefix(6)) == [0, 2, 6, 14, 30, 62])
        #expect(times.count < 20)
        // One that comes back shows that the queue moves.
        _ = audit.returned(1, candidates: [:], heartbeat: beat, at: start + .seconds(4000))
        #expect(audit.marker(at: start + .seconds(4002), hasHandedOut: true) != nil)
    }

    @Test func `a task that two markers in a row do not find is lost; the second one leaves time for every worker's heartbeats`() {
        var audit = DeliveryAudit(after: 0, due: start)
        _ = audit.marker(at: start, hasHandedOut: true)
        #expect(audit.returned(1, candidates: [7: 1, 8: 2], heartbeat: beat, at: start) == [:])
        #expect(audit.suspects == [7: 1, 8: 2])
        #expect(audit.marker(at: start + .milliseconds(2499), hasHandedOut: true) == nil)
        #expect(audit.marker(at: start + .milliseconds(2500), hasHandedOut: true) == 2)
        #expect(audit.returned(2, candidates: [7: 1, 8: 2, 9: 1], heartbeat: beat, at: start + .seconds(3)) == [7: 1, 8: 2])
        // Only the task that the second one missed is suspect now.
        #expect(audit.suspects == [9: 1])
    }

    @Test func `workers that beat slowly are given more time`() {
        var audit = DeliveryAudit(after: 0, due: start)
        _ = audit.marker(at: start, hasHandedOut: true)
        _ = audit.returned(1, candidates: [7: 1], heartbeat: .seconds(4), at: start)
        #expect(audit.marker(at: start + .milliseconds(9999), hasHandedOut: true) == nil)
        #expect(audit.marker(at: start + .seconds(10), hasHandedOut: true) == 2)
    }

    @Test func `a heartbeat that names a suspect clears it, though nobody names it when the next marker is back`() {
        var audit = DeliveryAudit(after: 0, due: start)
        _ = audit.marker(at: start, hasHandedOut: true)
        _ = audit.returned(1, candidates: [7: 3, 8: 1], heartbeat: beat, at: start)
        audit.clear(RegistryMessage.Held(task: 7, attempt: 3))
        audit.clear(RegistryMessage.Held(task: 8, attempt: 2))
        _ = audit.marker(at: start + .seconds(3), hasHandedOut: true)
        // 7 ran meanwhile, and its result is on its way; of 8 another attempt was named.
        #expect(audit.returned(2, candidates: [7: 3, 8: 1], heartbeat: beat, at: start + .seconds(3)) == [8: 1])
        #expect(audit.suspects == [7: 3])
    }

    @Test func `a suspect that is out under another number, or no more, is not lost`() {
        var audit = DeliveryAudit(after: 0, due: start)
        _ = audit.marker(at: start, hasHandedOut: true)
        _ = audit.returned(1, candidates: [7: 1, 8: 1], heartbeat: beat, at: start)
        audit.forget(8)
        _ = audit.marker(at: start + .seconds(3), hasHandedOut: true)
        #expect(audit.returned(2, candidates: [7: 2, 8: 1], heartbeat: beat, at: start + .seconds(3)) == [:])
    }

    @Test func `a marker sent before the suspicion does not judge it`() {
        var audit = DeliveryAudit(after: 0, due: start)
        _ = audit.marker(at: start, hasHandedOut: true)
        _ = audit.marker(at: start + .seconds(2), hasHandedOut: true)
        _ = audit.returned(1, candidates: [7: 1], heartbeat: beat, at: start + .seconds(2))
        #expect(audit.returned(2, candidates: [7: 1], heartbeat: beat, at: start + .seconds(2)) == [:])
        #expect(audit.marker(at: start + .seconds(5), hasHandedOut: true) == 3)
        #expect(audit.returned(3, candidates: [7: 1], heartbeat: beat, at: start + .seconds(5)) == [7: 1])
    }

    @Test func `a marker of another dispatcher, one that comes twice and one never sent say nothing`() {
        var audit = DeliveryAudit(after: 100, due: start)
        _ = audit.marker(at: start, hasHandedOut: true)
        _ = audit.returned(101, candidates: [7: 1], heartbeat: beat, at: start)
        _ = audit.marker(at: start + .seconds(3), hasHandedOut: true)
        for number in [Int.min, 0, 100, 101, 103, Int.max] {
            #expect(audit.returned(number, candidates: [7: 1], heartbeat: beat, at: start + .seconds(3)) == [:])
        }
        #expect(audit.returned(102, candidates: [7: 1], heartbeat: beat, at: start + .seconds(3)) == [7: 1])
    }

    /// A model of queue, workers and losses: whatever is lost is found within some markers, and what a worker names in
    /// every heartbeat is never taken for lost.
    @Test(arguments: Seeded.seeds) func `finds all that is lost and nothing that is held`(seed: UInt64) {
        var random = Seeded(seed: seed)
        var audit = DeliveryAudit(after: 0, due: start)
        var now = start
        var next: Int64 = 1
        var queue: [(task: TaskID, isMarker: Bool, marker: Int)] = []
        var out: [TaskID: Int] = [:]  // the audit's marker at hand-out
        var held: Set<TaskID> = []
        var gone: Set<TaskID> = []
        func step() -> [TaskID] {
            now = now + .milliseconds(500)
            if let marker = audit.marker(at: now, hasHandedOut: !out.isEmpty) { queue.append((.marker, true, marker)) }
            for task in held { audit.clear(RegistryMessage.Held(task: task, attempt: 1)) }
            var found: [TaskID] = []
            for _ in 0..<Int.random(in: 0...8, using: &random) where !queue.isEmpty {
                let first = queue.removeFirst()
                if first.isMarker {
                    let candidates = out.filter { $0.value < first.marker && !held.contains($0.key) }.mapValues { _ in 1 }
                    found += audit.returned(first.marker, candidates: candidates, heartbeat: .seconds(1), at: now).keys
                } else {
                    held.insert(first.task)
                }
            }
            for task in found {
                #expect(gone.contains(task), "task \(task) was held or queued and taken for lost; TASKGRID_TEST_SEED=\(seed)")
                out[task] = nil
                audit.forget(task)
                gone.remove(task)
            }
            return found
        }
        for _ in 0..<300 {
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                queue.append((TaskID(next), false, 0))
                out[TaskID(next)] = audit.number
                next += 1
            }
            if Int.random(in: 0..<30, using: &random) == 0 {
                gone.formUnion(queue.filter { !$0.isMarker }.map(\.task))
                queue = []
            }
            if let done = held.randomElement(using: &random) {
                held.remove(done)
                out[done] = nil
                audit.forget(done)
            }
            _ = step()
        }
        for _ in 0..<3000 where !gone.isEmpty { _ = step() }
        #expect(gone.isEmpty, "never found: \(gone.sorted()); TASKGRID_TEST_SEED=\(seed)")
    }
}
