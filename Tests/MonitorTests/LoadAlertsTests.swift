import TaskGridCore
import Testing

@testable import Monitor

@Suite("Alerts about failures, backlogs and tasks that wait")
struct LoadAlertsTests {
    private let well = BrokerReport(connected: true)

    private func kinds(_ statistics: Statistics, at second: Double, _ thresholds: AlertThresholds = AlertThresholds()) -> [Alert.Kind] {
        Alert.conditions(statistics, broker: well, thresholds: thresholds, at: .after(second)).keys.sorted().map(\.kind)
    }

    /// A grid with a worker, after tasks ended so in each of some minutes.
    private func statistics(succeeded: Int, failed: Int, minutes: Int = 3) -> Statistics {
        var statistics = Statistics(since: .start)
        statistics.apply(.sample(), at: .start)
        for minute in 1...minutes {
            let now = Timestamp.after(Double(60 * minute))
            statistics.apply(.heartbeat, .sample("a"), at: now)
            statistics.apply(.sample(at: now, [.succeeded: succeeded * minute, .failed: failed * minute]), at: now)
        }
        return statistics
    }

    @Test func `half of the endings of tasks of a type that are failures are an alert, and gone five minutes after the last`() throws {
        var statistics = statistics(succeeded: 20, failed: 20)
        let conditions = Alert.conditions(statistics, broker: well, at: .after(180))
        let failing = Alert.Subject(kind: .failureRate, type: .reverse)
        #expect(
            conditions == [
                failing: Alert.Condition(
                    "50 % of the endings of tasks of type reverse in the last 5 minutes were failures: see "
                        + "'taskgrid errors --type reverse' for their errors")
            ])
        #expect(failing.kind.severity == .critical)
        statistics.apply(.heartbeat, .sample("a"), at: .after(490))
        #expect(kinds(statistics, at: 490).isEmpty)
    }

    @Test func `few failures, or few among many, are no alert`() {
        #expect(kinds(statistics(succeeded: 1, failed: 3), at: 180).isEmpty)
        #expect(kinds(statistics(succeeded: 100, failed: 10), at: 180).isEmpty)
    }

    @Test func `the threshold is configuration, and 0 is never`() {
        var thresholds = AlertThresholds()
        thresholds.failurePercent = 5
        #expect(kinds(statistics(succeeded: 100, failed: 10), at: 180, thresholds) == [.failureRate])
        thresholds.failurePercent = 0
        #expect(kinds(statistics(succeeded: 0, failed: 100), at: 180, thresholds).isEmpty)
    }

    /// Of tasks that wait so many in each half minute, with a worker.
    private func waiting(_ counts: [Int], paused: Bool = false, oldest: OldestTask? = nil, breaker: BreakerState = .closed) -> Statistics {
        var statistics = Statistics(since: .start)
        for (index, count) in counts.enumerated() {
            let now = Timestamp.after(Double(30 * index))
            statistics.apply(.heartbeat, .sample("a"), at: now)
            var event = TypeEvent.sample(at: now, [.pending: count])
            event.paused = paused
            event.oldest = oldest
            event.breaker = breaker
            statistics.apply(event, at: now)
        }
        return statistics
    }

    @Test func `a backlog that grows for five minutes is an alert, one that falls is none`() {
        let growing = (0...10).map { 2000 + 300 * $0 }
        #expect(kinds(waiting(growing), at: 300) == [.backlogGrows])
        #expect(kinds(waiting(growing.reversed()), at: 300).isEmpty)
        #expect(kinds(waiting(growing, paused: true), at: 300).isEmpty)
        #expect(kinds(waiting(growing.map { $0 / 100 }), at: 300).isEmpty)
    }

    @Test func `a burst is no backlog that grows`() {
        #expect(kinds(waiting([0, 0, 0, 0, 0, 0, 90_000, 80_000, 70_000, 60_000, 50_000]), at: 300).isEmpty)
    }

    @Test func `a task that waits for too long is an alert, which says since when`() throws {
        let oldest = OldestTask(id: 7, since: .after(-700))
        let conditions = Alert.conditions(waiting([3], oldest: oldest), broker: well, at: .start)
        #expect(conditions.keys.map(\.kind) == [.oldestWaiting])
        #expect(conditions.values.first?.message.hasPrefix("task 7 of type reverse has waited since \(Timestamp.after(-700)): ") == true)
        #expect(kinds(waiting([3], oldest: OldestTask(id: 7, since: .after(-500))), at: 0).isEmpty)
        #expect(kinds(waiting([3], paused: true, oldest: oldest), at: 0).isEmpty)
    }

    @Test func `a cause hides what follows from it`() {
        let growing = (0...10).map { 2000 + 300 * $0 }
        let oldest = OldestTask(id: 7, since: .after(-7000))
        #expect(kinds(waiting(growing, oldest: oldest), at: 300) == [.backlogGrows])
        #expect(kinds(waiting(growing, oldest: oldest, breaker: .open), at: 300) == [.breakerOpen])
        // Its worker is gone.
        #expect(kinds(waiting(growing, oldest: oldest), at: 304) == [.noWorker])
        let away = Alert.conditions(waiting(growing, oldest: oldest), broker: BrokerReport(connected: false), at: .after(300))
        #expect(away.keys.map(\.kind) == [.brokerUnreachable])
    }

    @Test func `an alert about a breaker leads to the errors of the attempts that failed`() {
        func message(_ states: [TaskState: Int]) -> String? {
            var statistics = Statistics(since: .start)
            var event = TypeEvent.sample(states)
            event.breaker = .open
            statistics.apply(.heartbeat, .sample("a"), at: .start)
            statistics.apply(event, at: .start)
            return Alert.conditions(statistics, broker: well, at: .start)[Alert.Subject(kind: .breakerOpen, type: .reverse)]?.message
        }
        #expect(message([.scheduled: 60])?.contains("'taskgrid tasks --type reverse --state scheduled'") == true)
        #expect(message([.pending: 60])?.contains("'taskgrid tasks --type reverse'") == true)
    }

    @Test func `alerts are told in the order of causes and severity`() {
        let kinds = Alert.Kind.allCases
        let subjects = kinds.reversed().map { Alert.Subject(kind: $0) }
        #expect(subjects.sorted().map(\.kind) == kinds)
        let severities = kinds.map(\.severity)
        #expect(severities == severities.sorted { $0 == .critical && $1 == .warning })
    }
}
