import TaskGridCore
import Testing

@testable import TaskGridClient

struct EndingWatchesTests {
    let now = ContinuousClock.now

    private func ending(_ id: TaskID) -> Ending { Ending(id: id, state: .succeeded, result: .init("r")) }

    private func taken(_ watches: inout EndingWatches, _ id: EndingWatch.ID) throws -> [TaskID]? {
        try watches.take(id)?.get()?.map(\.id)
    }

    @Test func `endings come in the order of their end`() throws {
        var watches = EndingWatches()
        let watch = watches.open(submissions: 0, deadline: now + .seconds(1))
        _ = watches.add([1, 2, 3] as [TaskID], to: watch, arePushed: true, now: now)
        #expect(try taken(&watches, watch) == nil)
        #expect(watches.ended([ending(3)], keepEarly: false) == [watch])
        _ = watches.ended([ending(1)], keepEarly: false)
        #expect(try taken(&watches, watch) == [3, 1])
        _ = watches.ended([ending(1)], keepEarly: false)
        #expect(watches.take(watch) == nil, "a repeated ending is dropped")
        _ = watches.ended([ending(2)], keepEarly: false)
        #expect(try taken(&watches, watch) == [2])
        #expect(watches.take(watch) == .success(nil))
    }

    @Test func `an ending before its acceptance is kept`() throws {
        var watches = EndingWatches()
        let watch = watches.open(submissions: 1, deadline: now + .seconds(1))
        #expect(watches.ended([ending(7)], keepEarly: true).isEmpty)
        #expect(watches.take(watch) == nil, "its submission has no ids yet")
        let hasEnding = watches.accepted([7, 8] as [TaskID], by: watch, now: now)
        #expect(hasEnding)
        #expect(try taken(&watches, watch) == [7])
        #expect(watches.outstanding == 1)
    }

    @Test func `early endings are bounded and forgotten`() {
        var watches = EndingWatches()
        for id in 1...Int64(EndingWatches.maximumEarly + 5) { _ = watches.ended([ending(TaskID(id))], keepEarly: true) }
        watches.forgetEarly()
        let watch = watches.open(submissions: 1, deadline: now + .seconds(1))
        let hasEnding = watches.accepted([1] as [TaskID], by: watch, now: now)
        #expect(!hasEnding)
    }

    @Test func `two callers may watch one task`() throws {
        var watches = EndingWatches()
        let one = watches.open(submissions: 0, deadline: now + .seconds(1))
        let two = watches.open(submissions: 0, deadline: now + .seconds(1))
        _ = watches.add([5] as [TaskID], to: one, arePushed: true, now: now)
        _ = watches.add([5] as [TaskID], to: two, arePushed: true, now: now)
        watches.close(one)
        #expect(watches.ended([ending(5)], keepEarly: false) == [two])
        #expect(try taken(&watches, two) == [5])
    }

    @Test func `endings that come together reach their own owners`() throws {
        var watches = EndingWatches()
        let one = watches.open(submissions: 0, deadline: now + .seconds(1))
        let two = watches.open(submissions: 0, deadline: now + .seconds(1))
        _ = watches.add([1, 2, 3] as [TaskID], to: one, arePushed: true, now: now)
        _ = watches.add([3, 4] as [TaskID], to: two, arePushed: true, now: now)
        let woken = watches.ended([1, 4, 9, 3, 2].map { ending($0) }, keepEarly: false)
        #expect(woken == [one, two])
        #expect(try taken(&watches, one) == [1, 3, 2])
        #expect(try taken(&watches, two) == [4, 3])
        #expect(watches.take(one) == .success(nil))
        #expect(watches.take(two) == .success(nil))
        #expect(watches.outstanding == 0)
    }

    @Test func `a closed watch leaves nothing behind`() {
        var watches = EndingWatches()
        let watch = watches.open(submissions: 0, deadline: now + .seconds(1))
        _ = watches.add([1, 2] as [TaskID], to: watch, arePushed: true, now: now)
        watches.close(watch)
        #expect(watches.outstanding == 0)
        #expect(watches.isEmpty)
    }

    @Test func `deadlines and unknown tasks fail the watch`() {
        var watches = EndingWatches()
        let watch = watches.open(submissions: 0, deadline: now + .seconds(1))
        _ = watches.add([1, 2] as [TaskID], to: watch, arePushed: true, now: now)
        #expect(watches.expire(now: now).isEmpty)
        #expect(watches.expire(now: now + .seconds(1)) == [watch])
        #expect(watches.take(watch)?.code == .timedOut)
        let other = watches.open(submissions: 0, deadline: now + .seconds(1))
        _ = watches.add([9] as [TaskID], to: other, arePushed: true, now: now)
        #expect(watches.unknown(9) == [other])
        #expect(watches.take(other)?.code == .unknownTask)
    }

    @Test func `only old waits are overdue`() {
        var watches = EndingWatches()
        let watch = watches.open(submissions: 0, deadline: now + .seconds(60))
        _ = watches.add([1] as [TaskID], to: watch, arePushed: true, now: now)
        _ = watches.add([2] as [TaskID], to: watch, arePushed: true, now: now + .seconds(3))
        _ = watches.add([3] as [TaskID], to: watch, arePushed: false, now: now)
        #expect(watches.overdue(age: .seconds(5), now: now + .seconds(5)) == [1])
        #expect(watches.foreign() == [3])
    }
}

extension Result where Failure == ClientError {
    fileprivate var code: ClientError.Code? {
        if case .failure(let error) = self { error.code } else { nil }
    }
}
