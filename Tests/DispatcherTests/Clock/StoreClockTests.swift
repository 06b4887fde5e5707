import AMQP
import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import Dispatcher

@Suite("The store's clock")
struct StoreClockTests {
    private static func saved(_ clock: Int, _ wall: Int) -> StoreClockReading {
        StoreClockReading(clock: Timestamp(rawValue: Int64(clock)), wall: Timestamp(rawValue: Int64(wall)))
    }

    /// - Parameters:
    ///   - wall: what the wall clock shows when it begins.
    ///   - begins: what the store's clock shows then.
    @Test(
        arguments: [
            (nil, 5000, 5000), (saved(5000, 5000), 9000, 9000), (saved(5000, 5000), 2000, 5000),
            // The wall was set back by an hour before, and forth.
            (saved(3_605_000, 5000), 9000, 3_609_000), (saved(5000, 3_605_000), 3_609_000, 9000),
        ] as [(StoreClockReading?, Int, Int)])
    func `goes on from what the store has kept, by the time that has passed on the wall clock, and never back`(
        saved: StoreClockReading?, wall: Int, begins: Int
    ) {
        let moment = Moment.now
        let source = TimeSource(wall: { Timestamp(rawValue: Int64(wall)) }, moment: { moment })
        let clock = StoreClock(after: saved, source: source)
        #expect(clock.now == Timestamp(rawValue: Int64(begins)))
        let difference = Duration.milliseconds(wall - begins)
        #expect(clock.wallOffset == difference)
    }

    @Test func `follows the monotonic clock, and knows how far the wall clock has stepped`() {
        let time = ManualTime(isFrozen: true)
        var clock = StoreClock(source: time.source)
        let start = clock.now
        time.pass(.seconds(10))
        var hasStepped = clock.follow()
        #expect(!hasStepped)
        #expect(clock.now - start >= .seconds(10) && clock.now - start < .seconds(100))
        time.step(.seconds(-3600))
        #expect(clock.now - start >= .seconds(10) && clock.now - start < .seconds(100))
        hasStepped = clock.follow()
        #expect(hasStepped)
        #expect((clock.wallOffset + .seconds(3600)).seconds.magnitude < 0.1)
        hasStepped = clock.follow()
        #expect(!hasStepped)
        time.step(.seconds(3600))
        hasStepped = clock.follow()
        #expect(hasStepped && clock.wallOffset == .zero)
    }

    @Test func `a process that begins a new term goes on from its own clock, whatever the wall has become`() {
        let time = ManualTime(isFrozen: true)
        let clock = StoreClock(source: time.source)
        let before = clock.now
        time.step(.seconds(-3600))
        let next = StoreClock(after: clock.reading, earlier: clock, source: time.source)
        #expect(next.now >= before && next.now - before < .seconds(100))
    }

    @Test
    func `the dispatcher's wall clock steps back one hour: delays and retries do not stand still, and absolute times follow the wall`()
        async throws
    {
        var configuration = DispatcherConfiguration.quick
        configuration.retry.backoff = Backoff(base: .seconds(2), ceiling: .seconds(2))
        let harness = try await SchedulerHarness(configuration, time: ManualTime(isFrozen: true))
        _ = await harness.register()
        _ = await harness.submit(["delayed"]) { $0.delay = .seconds(5) }
        _ = await harness.submit(["fails"])
        let due = harness.time.wall + .seconds(5)
        _ = await harness.submit(["absolute"]) { $0.due = due }
        let created = try #require(try await harness.record(2)).created
        _ = await harness.result(.init(id: 2, attempt: 1, outcome: .failed(TaskError(.failed, "no"))))
        harness.time.step(.seconds(-3600))
        #expect(try await harness.look().items().isEmpty)
        // People read the times as their clock has them now.
        #expect(try #require(try await harness.record(2)).created - created < .seconds(-3590))
        #expect(((try await harness.record(3)?.due) ?? due) - due < .seconds(1))
        harness.time.pass(.seconds(5))
        #expect(try await harness.tick().items().map(\.id).sorted() == [1, 2])
        harness.time.pass(.seconds(3595))
        #expect(try await harness.look().items().map(\.id).isEmpty)
        harness.time.pass(.seconds(10))
        #expect(try await harness.tick().items().map(\.id) == [3])
    }

    @Test func `an absolute time that comes with the turn that sees the wall clock step goes by the new wall clock`() async throws {
        let harness = try await SchedulerHarness(time: ManualTime(isFrozen: true))
        _ = await harness.register()
        harness.time.step(.seconds(3600))
        let submission = Submission(
            form: .single, type: .reverse, key: "k", client: "c1", correlation: "q",
            tasks: [.init(payload: Data("absolute".utf8), settings: TaskSettings(due: harness.time.wall + .seconds(5)))]
        )
        await harness.scheduler.makeLookDue()
        let out = await harness.turn {
            $0.isTick = true
            $0.arrivals = [harness.delivery(submission.message(), from: harness.topology.submitQueue)]
        }
        #expect(try out.items().isEmpty)
        harness.time.pass(.seconds(6))
        #expect(try await harness.tick().items().map(\.id) == [1])
    }

    @Test func `durations go on across a restart under another wall clock`() async throws {
        let time = ManualTime(isFrozen: true)
        let harness = try await SchedulerHarness(time: time)
        _ = await harness.register()
        _ = await harness.submit(["delayed", "expires"]) { $0.delay = .seconds(60) }
        time.step(.seconds(-3600))
        _ = await harness.look()
        _ = await harness.submit(["saves the clock"])
        time.pass(.seconds(30))
        let next = try await SchedulerHarness(store: harness.store, time: time)
        _ = await next.register()
        #expect(try await next.tick().items().filter { $0.payload.starts(with: "d".utf8) }.isEmpty)
        time.pass(.seconds(31))
        #expect(try await next.tick().items().map(\.id).sorted() == [1, 2])
    }
}

extension SchedulerHarness {
    func record(_ id: TaskID) async throws -> TaskRecord? {
        let answer = await scheduler.answer(TaskQuery(id: id).message(from: "c", correlation: "1"))
        return try AnswerMessage.read(TaskRecord.self, answer)
    }
}
