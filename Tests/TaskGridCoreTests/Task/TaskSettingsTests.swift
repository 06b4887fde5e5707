import AMQP
import Testing

@testable import TaskGridCore

@Suite("settings of tasks")
struct TaskSettingsTests {
    @Test func `are shared by copies, and copied by a change`() {
        let one = TaskSettings(timeout: .seconds(1), priority: 3)
        var other = one
        #expect(other.isSame(as: one))
        other.priority = 4
        #expect(one.priority == 3 && other.priority == 4 && other.timeout == .seconds(1))
        #expect(one != other && !other.isSame(as: one))
        other.priority = 3
        #expect(one == other && one.hashValue == other.hashValue)
    }

    @Test func `that say nothing are the defaults, however they came to it`() {
        var settings = TaskSettings(delay: .seconds(1), due: nil)
        #expect(!settings.areDefault)
        settings.delay = nil
        #expect(settings.areDefault && settings == TaskSettings() && settings.isSame(as: TaskSettings()))
    }

    @Test func `give back what they were given`() {
        let backoff = Backoff(base: .seconds(1), ceiling: .seconds(2))
        var settings = TaskSettings(
            maxAttempts: 1, backoff: backoff, timeout: .seconds(2), priority: 3, delay: .seconds(4), expiry: .seconds(5),
            due: Timestamp(rawValue: 6), expires: Timestamp(rawValue: 7)
        )
        #expect(settings.maxAttempts == 1 && settings.backoff == backoff && settings.timeout == .seconds(2) && settings.priority == 3)
        #expect(settings.delay == .seconds(4) && settings.expiry == .seconds(5))
        #expect(settings.due == Timestamp(rawValue: 6) && settings.expires == Timestamp(rawValue: 7))
        (settings.maxAttempts, settings.backoff, settings.timeout, settings.priority) = (nil, nil, nil, 0)
        (settings.delay, settings.expiry, settings.due, settings.expires) = (nil, nil, nil, nil)
        #expect(settings.areDefault)
    }

    @Test(arguments: [
        TaskSettings(maxAttempts: 0), TaskSettings(timeout: .zero), TaskSettings(priority: 10), TaskSettings(priority: -1),
        TaskSettings(delay: .seconds(-1)), TaskSettings(expiry: .seconds(Int64.max)),
        TaskSettings(backoff: Backoff(base: .seconds(-1), ceiling: .seconds(1))),
        TaskSettings(backoff: Backoff(base: .seconds(2), ceiling: .seconds(1))),
        TaskSettings(backoff: Backoff(base: .microseconds(1), ceiling: .seconds(1))),
        TaskSettings(backoff: Backoff(base: .seconds(1), ceiling: .seconds(10_000 * 86_400 + 1))),
        TaskSettings(delay: .seconds(1), due: Timestamp(rawValue: 1)), TaskSettings(expiry: .zero, expires: Timestamp(rawValue: 1)),
    ])
    func `that make no sense say so`(_ settings: TaskSettings) {
        #expect(settings.fault != nil)
        #expect(TaskSettings().fault == nil)
    }
}
