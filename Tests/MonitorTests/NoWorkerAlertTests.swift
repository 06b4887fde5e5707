import TaskGridCore
import Testing

@testable import Monitor

@Suite("The alert about a type without workers")
struct NoWorkerAlertTests {
    private func condition(_ statistics: Statistics, at second: Double) -> Alert.Condition? {
        let conditions = Alert.conditions(statistics, broker: BrokerReport(connected: true), at: .after(second))
        return conditions[Alert.Subject(kind: .noWorker, type: .reverse)]
    }

    private func message(_ statistics: Statistics, at second: Double) -> String? { condition(statistics, at: second)?.message }

    @Test func `the worker that its message names is its worker`() throws {
        var statistics = Statistics(since: .start)
        statistics.apply(.sample([.pending: 1]), at: .start)
        let first = try #require(condition(statistics, at: 1))
        #expect(first.worker == nil)
        statistics.apply(.heartbeat, .sample("gone"), at: .after(1))
        statistics.apply(.deregister, .sample("gone"), at: .after(2))
        let last = try #require(condition(statistics, at: 3))
        #expect(last.worker == "gone" && last.message.contains("when worker gone left"))
        // Another worker that leaves later makes it no other alert.
        let subject = Alert.Subject(kind: .noWorker, type: .reverse)
        var alerts = Alerts()
        for second in [3, 8] as [Double] { _ = alerts.update([subject: last], at: .after(second)) }
        #expect(alerts.current.map { AlertReport($0).worker } == ["gone"])
        let changes = alerts.update([subject: Alert.Condition("m", worker: "other")], at: .after(9))
        #expect(changes.isEmpty)
        #expect(alerts.current.map { AlertReport($0).worker } == ["other"])
    }

    @Test func `it says when and why the last of them took no more tasks`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.sample([.pending: 1]), at: .start)
        var quiet = RegistryMessage.sample("quiet", interval: 60_000)
        statistics.apply(.heartbeat, quiet, at: .start)
        statistics.apply(.heartbeat, .sample("gone"), at: .start)
        statistics.apply(.deregister, .sample("gone"), at: .after(1))
        #expect(message(statistics, at: 9) == nil)
        quiet.quiet = true
        for second in [9, 20] as [Double] { statistics.apply(.heartbeat, quiet, at: .after(second)) }
        let waits = "a task of type reverse waits and no worker runs it since"
        let resume = "'taskgrid worker resume' one that is quiet, or start a worker of type reverse"
        #expect(message(statistics, at: 21) == "\(waits) \(Timestamp.after(9)), when worker quiet went quiet: \(resume)")
        // It leaves, and had taken no tasks before.
        statistics.apply(.deregister, quiet, at: .after(30))
        let start = "start a worker of type reverse"
        #expect(message(statistics, at: 31) == "\(waits) \(Timestamp.after(9)), when worker quiet went quiet: \(start)")
        statistics.apply(.heartbeat, .sample("last"), at: .after(40))
        statistics.apply(.deregister, .sample("last"), at: .after(41))
        #expect(message(statistics, at: 42) == "\(waits) \(Timestamp.after(41)), when worker last left: \(start)")
    }

    @Test func `since when a worker is quiet is not said where the monitor has not seen it`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.sample([.pending: 1]), at: .start)
        var quiet = RegistryMessage.sample("quiet", interval: 60_000)
        quiet.quiet = true
        for second in [0, 1] as [Double] { statistics.apply(.heartbeat, quiet, at: .after(second)) }
        #expect(message(statistics, at: 2)?.hasPrefix("a task of type reverse waits and no worker runs it: ") == true)
    }

    @Test func `scheduled tasks need a worker once the time of one has passed`() {
        func message(oldest: OldestTask?) -> String? {
            var event = TypeEvent.sample([.scheduled: 60])
            event.oldest = oldest
            var statistics = Statistics(since: .start)
            statistics.apply(event, at: .start)
            return self.message(statistics, at: 1)
        }
        #expect(message(oldest: nil) == nil)
        let due = message(oldest: OldestTask(id: 7, since: .after(-1)))
        #expect(due == "60 tasks of type reverse wait and no worker runs them: start a worker of type reverse")
    }
}
