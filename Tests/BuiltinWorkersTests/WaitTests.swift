import BuiltinWorkers
import Synchronization
import TaskGridCore
import Testing

@Suite(.timeLimit(.minutes(1))) struct WaitTests {
    @Test(arguments: [
        ("2", 2000), ("0.25", 250), ("0", 0), ("-0", 0), ("1e1", 10_000), ("3600", 3_600_000), ("1m30s", 90_000), ("250ms", 250),
    ])
    func `the worker waits and returns its payload`(_ text: String, _ milliseconds: Int) async throws {
        let clock = SleepRecorder()
        #expect(try await run(Wait(clock: clock), text) == text)
        #expect(clock.slept == [.milliseconds(milliseconds)])
    }

    @Test(arguments: ["", "two", "nan", "inf", "-inf", "0x10", " 1", "1 ", "1,5", "1e999", "--1", "30s1m", "5x"])
    func `a payload that is no number is refused`(_ text: String) async {
        let clock = SleepRecorder()
        #expect(
            await refusal(Wait(clock: clock), text) == TaskError(.invalidInput, "'\(text)' is no time to wait, such as 2, 0.5 or 1m30s"))
        #expect(clock.slept.isEmpty)
    }

    @Test func `a time out of bounds is refused`() async {
        #expect(await refusal(Wait(), "-1")?.message == "-1 seconds: a wait is not negative")
        #expect(await refusal(Wait(), "3601")?.message == "3601 seconds: at most 1h is waited")
        #expect(await refusal(Wait(), "1h1s")?.message == "1h1s: at most 1h is waited")
        #expect(await refusal(Wait(limit: .seconds(1)), "1.5")?.code == .invalidInput)
    }

    @Test func `a wait ends when its task is cancelled`() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: CancellationError.self) { try await run(Wait(), "3000") }
            }
            group.cancelAll()
        }
    }
}

/// A clock on which a sleep is over at once, and noted.
private final class SleepRecorder: Clock {
    struct Instant: InstantProtocol {
        var offset: Swift.Duration
        func advanced(by duration: Swift.Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Swift.Duration { other.offset - offset }
        static func < (lhs: Instant, rhs: Instant) -> Bool { lhs.offset < rhs.offset }
    }

    private let sleeps = Mutex<[Swift.Duration]>([])
    var slept: [Swift.Duration] { sleeps.withLock { $0 } }
    let now = Instant(offset: .zero)
    let minimumResolution = Swift.Duration.nanoseconds(1)

    /// Ends at once: no time passes.
    func sleep(until deadline: Instant, tolerance: Swift.Duration?) async throws {
        sleeps.withLock { $0.append(deadline.offset) }
    }
}
