import Foundation
import TaskGridCore
import Testing

@testable import TaskGridWorker

@Suite struct SlotTableTests {
    static let start = Moment.now

    private func batch(
        _ delivery: Int, _ ids: ClosedRange<Int64>, timeout: Duration? = nil, announce: Bool = false, alone: Bool = false
    ) throws -> WorkBatch {
        WorkBatch(
            delivery: delivery,
            work: Work(
                form: .batch, type: TaskType(literal: "test"), store: "s", announce: announce, alone: alone,
                items: ids.map { Work.Item(id: TaskID($0), attempt: 1, payload: Data(), timeout: timeout) }
            )
        )
    }

    private func held(_ ids: Int64...) -> [RegistryMessage.Held] { ids.map { RegistryMessage.Held(task: TaskID($0), attempt: 1) } }

    private func run(_ step: SlotTable.Step) -> Int64? {
        if case .run(let assignment) = step { assignment.item.id.rawValue } else { nil }
    }

    @Test func `free slots take tasks that wait behind a long one of their batch, before later batches`() throws {
        var slotTable = SlotTable(slots: 3)
        slotTable.add(try batch(1, 1...4))
        slotTable.add(try batch(2, 5...6))
        #expect(run(slotTable.next(0, at: Self.start)) == 1)
        slotTable.divideBatches(behind: .milliseconds(100), at: Self.start + .milliseconds(99))
        #expect(run(slotTable.next(1, at: Self.start + .milliseconds(50))) == 5)
        slotTable.divideBatches(behind: .milliseconds(100), at: Self.start + .milliseconds(100))
        #expect(slotTable.waitingBatches == 3)
        #expect(Set(slotTable.waiting.map(\.held)) == Set(held(2, 3, 4, 6)))
        #expect(run(slotTable.next(2, at: Self.start)) == 2)
        // It has nothing left behind its item.
        #expect(slotTable.end(0, .succeeded(Data()), at: Self.start)?.delivery == 1)
        _ = slotTable.next(0, at: Self.start)
        #expect(run(slotTable.next(0, at: Self.start)) == 3)
        #expect(slotTable.returnWaiting(of: [TaskType(literal: "other")]).isEmpty)
        #expect(slotTable.returnWaiting(of: [TaskType(literal: "test")]).map(\.item.id) == [6, 4])
    }

    @Test func `a batch runs in order, and a slot yields between batches`() throws {
        var slotTable = SlotTable(slots: 1)
        slotTable.add(try batch(1, 1...2))
        slotTable.add(try batch(2, 3...3))
        #expect(slotTable.waiting.map(\.held) == held(1, 2, 3))
        #expect(run(slotTable.next(0, at: Self.start)) == 1)
        #expect(slotTable.running.map(\.held) == held(1))
        #expect(slotTable.waiting.map(\.held) == held(2, 3))
        let end = slotTable.end(0, .succeeded(Data([7])), at: Self.start + .seconds(2))
        let ended = try #require(end)
        #expect(ended.delivery == 1)
        #expect(ended.item == Results.Item(id: 1, attempt: 1, outcome: .succeeded(Data([7])), runTime: .seconds(2)))
        #expect(run(slotTable.next(0, at: Self.start)) == 2)
        _ = slotTable.end(0, .returned, at: Self.start)
        guard case .yield = slotTable.next(0, at: Self.start) else {
            Issue.record("no yield")
            return
        }
        #expect(run(slotTable.next(0, at: Self.start)) == 3)
        _ = slotTable.end(0, .returned, at: Self.start)
        guard case .rest = slotTable.next(0, at: Self.start) else {
            Issue.record("no rest")
            return
        }
    }

    @Test func `slots take batches of their own`() throws {
        var slotTable = SlotTable(slots: 2)
        slotTable.add(try batch(1, 1...2))
        slotTable.add(try batch(2, 3...4))
        #expect(run(slotTable.next(0, at: Self.start)) == 1)
        #expect(run(slotTable.next(1, at: Self.start)) == 3)
        #expect(slotTable.running.map(\.held) == held(1, 3))
        #expect(slotTable.waiting.map(\.held) == held(2, 4))
    }

    @Test func `a task is announced before it begins`() throws {
        var slotTable = SlotTable(slots: 1)
        slotTable.add(try batch(1, 1...1, announce: true))
        guard case .announce(let batch) = slotTable.next(0, at: Self.start) else {
            Issue.record("no announcement")
            return
        }
        #expect(batch.rest.map(\.id) == [1])
        #expect(!slotTable.isRunning)
        #expect(slotTable.waiting.map(\.held) == held(1))
        slotTable.announced(0)
        #expect(run(slotTable.next(0, at: Self.start)) == 1)
    }

    @Test func `a batch that runs alone waits for the others, and they wait for it`() throws {
        var slotTable = SlotTable(slots: 2)
        slotTable.add(try batch(1, 1...1))
        slotTable.add(try batch(2, 2...2, alone: true))
        slotTable.add(try batch(3, 3...3))
        #expect(run(slotTable.next(0, at: Self.start)) == 1)
        #expect(run(slotTable.next(1, at: Self.start)) == nil)
        #expect(!slotTable.hasWaiting)
        _ = slotTable.end(0, .returned, at: Self.start)
        _ = slotTable.next(0, at: Self.start)
        #expect(run(slotTable.next(1, at: Self.start)) == 2)
        #expect(run(slotTable.next(0, at: Self.start)) == nil)
        #expect(!slotTable.hasWaiting)
        _ = slotTable.end(1, .returned, at: Self.start)
        guard case .yield = slotTable.next(1, at: Self.start) else {
            Issue.record("no yield")
            return
        }
        #expect(run(slotTable.next(1, at: Self.start)) == nil)
        slotTable.confirmed(1)
        #expect(!slotTable.hasWaiting)
        slotTable.confirmed(2)
        #expect(slotTable.hasWaiting)
        #expect(slotTable.waitingBatches == 1)
        #expect(run(slotTable.next(0, at: Self.start)) == 3)
    }

    @Test func `a task that is given back while it is announced does not begin`() throws {
        var slotTable = SlotTable(slots: 1)
        slotTable.add(try batch(1, 1...1, announce: true))
        _ = slotTable.next(0, at: Self.start)
        #expect(slotTable.returnWaiting().map(\.item.id) == [1])
        slotTable.announced(0)
        guard case .rest = slotTable.next(0, at: Self.start) else {
            Issue.record("it began")
            return
        }
    }

    @Test func `an attempt over its timeout ends, and its slot is restarted`() throws {
        var slotTable = SlotTable(slots: 2)
        slotTable.add(try batch(1, 1...3, timeout: .seconds(5)))
        #expect(run(slotTable.next(0, at: Self.start)) == 1)
        #expect(slotTable.firstDeadline == Self.start + .seconds(5))
        #expect(slotTable.expire(at: Self.start + .milliseconds(4999)).finished.isEmpty)
        let ended = slotTable.expire(at: Self.start + .seconds(5))
        #expect(ended.slots == [0])
        #expect(ended.finished.map(\.item.outcome) == [.failed(TaskError(.timedOut, "ran longer than the 5000 ms that it may"))])
        // Its end is said; what the code makes of its cancellation counts no more.
        #expect(slotTable.end(0, .succeeded(Data()), at: Self.start) == nil)
        guard case .restart = slotTable.next(0, at: Self.start) else {
            Issue.record("no restart")
            return
        }
        // The rest of the message does not wait for a slot whose code may be stuck.
        #expect(run(slotTable.next(1, at: Self.start)) == 2)
        slotTable.restarted(0)
        guard case .rest = slotTable.next(0, at: Self.start) else {
            Issue.record("no rest")
            return
        }
    }

    @Test func `the table is stuck once no slot is left for waiting tasks`() throws {
        var slotTable = SlotTable(slots: 2)
        slotTable.add(try batch(1, 1...1, timeout: .seconds(5)))
        slotTable.add(try batch(2, 2...2))
        _ = slotTable.next(0, at: Self.start)
        _ = slotTable.next(1, at: Self.start)
        let late = Self.start + .seconds(5)
        _ = slotTable.expire(at: late)
        #expect(slotTable.unresponsive == held(1))
        slotTable.add(try batch(3, 3...3))
        // The other one runs within its time.
        #expect(!slotTable.isStuck(since: late))
        _ = slotTable.cancel(Set(held(2)), at: late + .seconds(1))
        #expect(slotTable.unresponsive == held(1, 2))
        #expect(!slotTable.isStuck(since: late + .seconds(-1)))
        #expect(slotTable.isStuck(since: late))
        // A slot whose code has returned.
        #expect(slotTable.end(0, .returned, at: late) == nil)
        #expect(slotTable.unresponsive == held(2))
        slotTable.restarted(0)
        _ = slotTable.next(0, at: late)
        #expect(!slotTable.isStuck(since: late + .seconds(1)))
        // Nothing waits.
        _ = slotTable.returnRunning(at: late + .seconds(1))
        #expect(!slotTable.isStuck(since: late + .seconds(60)))
    }

    @Test func `a task is cancelled on request, begun or not`() throws {
        var slotTable = SlotTable(slots: 1)
        slotTable.add(try batch(1, 1...3))
        slotTable.add(try batch(2, 4...5))
        _ = slotTable.next(0, at: Self.start)
        let ended = slotTable.cancel(Set(held(1, 3, 4, 5, 99)), at: Self.start)
        #expect(ended.slots == [0])
        #expect(ended.finished.map(\.item.id) == [1, 3, 4, 5])
        #expect(ended.finished.map(\.delivery) == [1, 1, 2, 2])
        #expect(ended.finished.allSatisfy { $0.item.outcome == .failed(TaskError(.cancelled, "cancelled on request")) })
        #expect(slotTable.waiting.map(\.held) == held(2))
    }

    @Test func `another attempt is not cancelled`() throws {
        var slotTable = SlotTable(slots: 1)
        slotTable.add(try batch(1, 1...1))
        let other = RegistryMessage.Held(task: 1, attempt: 2)
        #expect(slotTable.cancel([other], at: Self.start).finished.isEmpty)
    }

    @Test func `all tasks can be given back, waiting and running`() throws {
        var slotTable = SlotTable(slots: 2)
        slotTable.add(try batch(1, 1...2))
        slotTable.add(try batch(2, 3...4))
        _ = slotTable.next(0, at: Self.start)
        #expect(Set(slotTable.returnWaiting().map(\.item.id)) == [2, 3, 4])
        #expect(slotTable.returnRunning(at: Self.start).finished.map(\.item.id) == [1])
        #expect(slotTable.waiting.isEmpty && !slotTable.isRunning)
    }
}
