import Foundation
import TaskGridCore
import Testing

@testable import TaskGridWorker

@Suite struct BenchTests {
    static let start = Moment.now

    private func parcel(
        _ delivery: Int, _ ids: ClosedRange<Int64>, timeout: Duration? = nil, announce: Bool = false, alone: Bool = false
    ) throws -> Parcel {
        Parcel(
            delivery: delivery,
            work: Work(
                form: .batch, type: TaskType(literal: "test"), store: "s", announce: announce, alone: alone,
                items: ids.map { Work.Item(id: TaskID($0), attempt: 1, payload: Data(), timeout: timeout) }
            )
        )
    }

    private func held(_ ids: Int64...) -> [RegistryMessage.Held] { ids.map { RegistryMessage.Held(task: TaskID($0), attempt: 1) } }

    private func run(_ step: Bench.Step) -> Int64? {
        if case .run(let assignment) = step { assignment.item.id.rawValue } else { nil }
    }

    @Test func `what waits behind a long item of its parcel is taken up by free slots, before later parcels`() throws {
        var bench = Bench(slots: 3)
        bench.add(try parcel(1, 1...4))
        bench.add(try parcel(2, 5...6))
        #expect(run(bench.next(0, at: Self.start)) == 1)
        bench.divideParcels(behind: .milliseconds(100), at: Self.start + .milliseconds(99))
        #expect(run(bench.next(1, at: Self.start + .milliseconds(50))) == 5)
        bench.divideParcels(behind: .milliseconds(100), at: Self.start + .milliseconds(100))
        #expect(bench.waitingParcels == 3)
        #expect(Set(bench.waiting) == Set(held(2, 3, 4, 6)))
        #expect(run(bench.next(2, at: Self.start)) == 2)
        // It has nothing left behind its item.
        #expect(bench.end(0, .succeeded(Data()), at: Self.start)?.delivery == 1)
        _ = bench.next(0, at: Self.start)
        #expect(run(bench.next(0, at: Self.start)) == 3)
        #expect(bench.returnWaiting(of: [TaskType(literal: "other")]).isEmpty)
        #expect(bench.returnWaiting(of: [TaskType(literal: "test")]).map(\.item.id) == [6, 4])
    }

    @Test func runsAParcelInOrderAndYieldsBetweenParcels() throws {
        var bench = Bench(slots: 1)
        bench.add(try parcel(1, 1...2))
        bench.add(try parcel(2, 3...3))
        #expect(bench.waiting == held(1, 2, 3))
        #expect(run(bench.next(0, at: Self.start)) == 1)
        #expect(bench.running == held(1))
        #expect(bench.waiting == held(2, 3))
        let end = bench.end(0, .succeeded(Data([7])), at: Self.start + .seconds(2))
        let ended = try #require(end)
        #expect(ended.delivery == 1)
        #expect(ended.item == Results.Item(id: 1, attempt: 1, outcome: .succeeded(Data([7])), runTime: .seconds(2)))
        #expect(run(bench.next(0, at: Self.start)) == 2)
        _ = bench.end(0, .returned, at: Self.start)
        guard case .yield = bench.next(0, at: Self.start) else {
            Issue.record("no yield")
            return
        }
        #expect(run(bench.next(0, at: Self.start)) == 3)
        _ = bench.end(0, .returned, at: Self.start)
        guard case .rest = bench.next(0, at: Self.start) else {
            Issue.record("no rest")
            return
        }
    }

    @Test func slotsTakeParcelsOfTheirOwn() throws {
        var bench = Bench(slots: 2)
        bench.add(try parcel(1, 1...2))
        bench.add(try parcel(2, 3...4))
        #expect(run(bench.next(0, at: Self.start)) == 1)
        #expect(run(bench.next(1, at: Self.start)) == 3)
        #expect(bench.running == held(1, 3))
        #expect(bench.waiting == held(2, 4))
    }

    @Test func announcesBeforeItBegins() throws {
        var bench = Bench(slots: 1)
        bench.add(try parcel(1, 1...1, announce: true))
        guard case .announce(let parcel) = bench.next(0, at: Self.start) else {
            Issue.record("no announcement")
            return
        }
        #expect(parcel.rest.map(\.id) == [1])
        #expect(!bench.isRunning)
        #expect(bench.waiting == held(1))
        bench.announced(0)
        #expect(run(bench.next(0, at: Self.start)) == 1)
    }

    @Test func aParcelThatRunsAloneWaitsForTheOthersAndTheyForIt() throws {
        var bench = Bench(slots: 2)
        bench.add(try parcel(1, 1...1))
        bench.add(try parcel(2, 2...2, alone: true))
        bench.add(try parcel(3, 3...3))
        #expect(run(bench.next(0, at: Self.start)) == 1)
        #expect(run(bench.next(1, at: Self.start)) == nil)
        #expect(!bench.hasWaiting)
        _ = bench.end(0, .returned, at: Self.start)
        _ = bench.next(0, at: Self.start)
        #expect(run(bench.next(1, at: Self.start)) == 2)
        #expect(run(bench.next(0, at: Self.start)) == nil)
        #expect(!bench.hasWaiting)
        _ = bench.end(1, .returned, at: Self.start)
        guard case .yield = bench.next(1, at: Self.start) else {
            Issue.record("no yield")
            return
        }
        #expect(run(bench.next(1, at: Self.start)) == nil)
        bench.confirmed(1)
        #expect(!bench.hasWaiting)
        bench.confirmed(2)
        #expect(bench.hasWaiting)
        #expect(bench.waitingParcels == 1)
        #expect(run(bench.next(0, at: Self.start)) == 3)
    }

    @Test func whatIsGivenBackWhileItIsAnnouncedDoesNotBegin() throws {
        var bench = Bench(slots: 1)
        bench.add(try parcel(1, 1...1, announce: true))
        _ = bench.next(0, at: Self.start)
        #expect(bench.returnWaiting().map(\.item.id) == [1])
        bench.announced(0)
        guard case .rest = bench.next(0, at: Self.start) else {
            Issue.record("it began")
            return
        }
    }

    @Test func endsWhatRunsOutOfTimeAndRestartsItsSlot() throws {
        var bench = Bench(slots: 2)
        bench.add(try parcel(1, 1...3, timeout: .seconds(5)))
        #expect(run(bench.next(0, at: Self.start)) == 1)
        #expect(bench.firstDeadline == Self.start + .seconds(5))
        #expect(bench.expire(at: Self.start + .milliseconds(4999)).finished.isEmpty)
        let ended = bench.expire(at: Self.start + .seconds(5))
        #expect(ended.slots == [0])
        #expect(ended.finished.map(\.item.outcome) == [.failed(TaskError(.timedOut, "ran longer than the 5000 ms that it may"))])
        // Its end is said; what the code makes of its cancellation counts no more.
        #expect(bench.end(0, .succeeded(Data()), at: Self.start) == nil)
        guard case .restart = bench.next(0, at: Self.start) else {
            Issue.record("no restart")
            return
        }
        // The rest of the message does not wait for a slot whose code may be stuck.
        #expect(run(bench.next(1, at: Self.start)) == 2)
        bench.restarted(0)
        guard case .rest = bench.next(0, at: Self.start) else {
            Issue.record("no rest")
            return
        }
    }

    @Test func isStuckOnceNoSlotIsLeftForWhatWaits() throws {
        var bench = Bench(slots: 2)
        bench.add(try parcel(1, 1...1, timeout: .seconds(5)))
        bench.add(try parcel(2, 2...2))
        _ = bench.next(0, at: Self.start)
        _ = bench.next(1, at: Self.start)
        let late = Self.start + .seconds(5)
        _ = bench.expire(at: late)
        #expect(bench.unheeding == held(1))
        bench.add(try parcel(3, 3...3))
        // The other one runs within its time.
        #expect(!bench.isStuck(since: late))
        _ = bench.cancel(Set(held(2)), at: late + .seconds(1))
        #expect(bench.unheeding == held(1, 2))
        #expect(!bench.isStuck(since: late + .seconds(-1)))
        #expect(bench.isStuck(since: late))
        // A slot whose code has returned.
        #expect(bench.end(0, .returned, at: late) == nil)
        #expect(bench.unheeding == held(2))
        bench.restarted(0)
        _ = bench.next(0, at: late)
        #expect(!bench.isStuck(since: late + .seconds(1)))
        // Nothing waits.
        _ = bench.returnRunning(at: late + .seconds(1))
        #expect(!bench.isStuck(since: late + .seconds(60)))
    }

    @Test func cancelsWhatIsAskedForBegunOrNot() throws {
        var bench = Bench(slots: 1)
        bench.add(try parcel(1, 1...3))
        bench.add(try parcel(2, 4...5))
        _ = bench.next(0, at: Self.start)
        let ended = bench.cancel(Set(held(1, 3, 4, 5, 99)), at: Self.start)
        #expect(ended.slots == [0])
        #expect(ended.finished.map(\.item.id) == [1, 3, 4, 5])
        #expect(ended.finished.map(\.delivery) == [1, 1, 2, 2])
        #expect(ended.finished.allSatisfy { $0.item.outcome == .failed(TaskError(.cancelled, "cancelled on request")) })
        #expect(bench.waiting == held(2))
    }

    @Test func anotherAttemptIsNotCancelled() throws {
        var bench = Bench(slots: 1)
        bench.add(try parcel(1, 1...1))
        let other = RegistryMessage.Held(task: 1, attempt: 2)
        #expect(bench.cancel([other], at: Self.start).finished.isEmpty)
    }

    @Test func givesBackAll() throws {
        var bench = Bench(slots: 2)
        bench.add(try parcel(1, 1...2))
        bench.add(try parcel(2, 3...4))
        _ = bench.next(0, at: Self.start)
        #expect(Set(bench.returnWaiting().map(\.item.id)) == [2, 3, 4])
        #expect(bench.returnRunning(at: Self.start).finished.map(\.item.id) == [1])
        #expect(bench.waiting.isEmpty && !bench.isRunning)
    }
}
