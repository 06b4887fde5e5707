import AMQP
import TaskGridCore
import TaskStore
import Testing

@testable import Dispatcher

@Suite("How long a task waits before its next attempt")
struct RetryDelayTests {
    private let policy = RetryPolicy(maxAttempts: 5, backoff: Backoff(base: .seconds(8), ceiling: .seconds(60)))

    private func task(_ settings: TaskSettings, attempt: Int = 1) -> HandedTask {
        let open = OpenTask(
            id: 1, type: .reverse, settings: settings, created: .atOnce, attempt: attempt, form: .single)
        return HandedTask(open, machine: TaskStateMachine(handingOut: open), marker: 0)
    }

    @Test func `after a failure it is the grid's backoff, or the task's own`() {
        #expect((.seconds(4)...(.seconds(8)) as ClosedRange<Duration>).contains(policy.delay(beforeRetry: 1, of: task(TaskSettings()))))
        #expect((.seconds(8)...(.seconds(16)) as ClosedRange<Duration>).contains(policy.delay(beforeRetry: 2, of: task(TaskSettings()))))
        let own = TaskSettings(backoff: Backoff(base: .seconds(1), ceiling: .seconds(1)))
        #expect((.milliseconds(500)...(.seconds(1)) as ClosedRange<Duration>).contains(policy.delay(beforeRetry: 2, of: task(own))))
    }

    @Test(arguments: [(1, 100), (2, 200), (5, 1600), (100, 60_000)])
    func `after a lost delivery it grows with each loss, up to a minute`(losses: Int, limit: Int) {
        let delay = RetryPolicy.delay(afterLossOf: task(TaskSettings(), attempt: losses).machine)
        #expect(delay >= .milliseconds(limit / 2) && delay <= .milliseconds(limit))
    }
}
