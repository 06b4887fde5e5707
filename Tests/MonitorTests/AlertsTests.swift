import AMQP
import Synchronization
import TaskGridCore
import Testing

@testable import Monitor

@Suite struct AlertsTests {
    private let well = BrokerReport(connected: true)

    private func kinds(_ statistics: Statistics, _ broker: BrokerReport? = nil, at second: Double = 0) -> [Alert.Subject] {
        Alert.conditions(statistics, broker: broker ?? well, at: .after(second)).keys.sorted()
    }

    // MARK: Conditions for an alert

    @Test func `a healthy grid has no alerts`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.heartbeat, .sample("a"), at: .start)
        statistics.apply(.sample([.pending: 5, .queued: 2, .scheduled: 3]), at: .start)
        #expect(kinds(statistics).isEmpty)
    }

    @Test func `a store's alert has the text of the latest event, and ends with the event that it is over`() {
        var statistics = Statistics(since: .start)
        let subject = Alert.Subject(kind: .storeUnavailable)
        for (second, text) in [(1, "no right to INSERT"), (6, "no right USAGE")] as [(Double, String)] {
            let event = GridEvent(kind: .error, service: "dispatcher", at: .start, message: text, problem: .storeUnavailable)
            statistics.apply(event, at: .after(second))
            let conditions = Alert.conditions(statistics, broker: well, at: .after(second))
            #expect(conditions[subject]?.message == "the dispatcher's store cannot be used: \(text)")
        }
        let over = GridEvent(kind: .warning, service: "dispatcher", at: .start, message: "over", problem: .storeUnavailable)
        statistics.apply(over, at: .after(7))
        #expect(kinds(statistics, at: 7).isEmpty)
    }

    @Test func `waiting tasks without a worker are an alert`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.sample([.pending: 5, .queued: 2, .scheduled: 3]), at: .start)
        let conditions = Alert.conditions(statistics, broker: well, at: .start)
        #expect(
            conditions == [
                Alert.Subject(kind: .noWorker, type: .reverse):
                    "7 tasks of type reverse wait and no worker runs them: start a worker of type reverse"
            ])
        statistics.apply(.heartbeat, .sample("a", draining: true), at: .start)
        #expect(kinds(statistics).isEmpty)
    }

    /// Its worker died in the middle of it, and the dispatcher has not put it back yet.
    @Test func `a task that is counted as running and that no worker runs is an alert until a worker comes`() throws {
        var statistics = Statistics(since: .start)
        statistics.apply(.heartbeat, .sample("only"), at: .start)
        statistics.apply(.sample([.running: 1]), at: .start)
        #expect(kinds(statistics, at: 1).isEmpty)
        // Its lease of three seconds ends.
        let missing = Alert.Subject(kind: .noWorker, type: .reverse)
        for second in [4, 1000] as [Double] {
            let conditions = Alert.conditions(statistics, broker: well, at: .after(second))
            #expect(
                conditions == [
                    missing: Alert.Condition(
                        "a task of type reverse waits and no worker runs it since \(Timestamp.after(3)), when worker only stopped "
                            + "sending heartbeats: start a worker of type reverse", worker: "only")
                ])
        }
        #expect(ScalesReport(statistics, target: .seconds(60), at: .after(4)).types[.reverse]?.waiting == 1)
        statistics.apply(.heartbeat, .sample("another"), at: .after(1000))
        #expect(kinds(statistics, at: 1000).isEmpty)
    }

    @Test(arguments: [[TaskState.scheduled: 3], [.succeeded: 3]]) func `tasks that need no worker now are no alert`(
        _ states: [TaskState: Int]
    ) {
        var statistics = Statistics(since: .start)
        statistics.apply(.sample(states), at: .start)
        #expect(kinds(statistics).isEmpty)
    }

    @Test func `a paused type needs no worker`() {
        var statistics = Statistics(since: .start)
        var event = TypeEvent.sample([.pending: 5])
        event.paused = true
        statistics.apply(event, at: .start)
        #expect(kinds(statistics).isEmpty)
    }

    @Test(arguments: [BreakerState.open, .halfOpen]) func `a circuit breaker that is not closed is an alert`(_ breaker: BreakerState) {
        var statistics = Statistics(since: .start)
        var event = TypeEvent.sample([.succeeded: 5, .pending: 1])
        event.breaker = breaker
        statistics.apply(.heartbeat, .sample("a"), at: .start)
        statistics.apply(event, at: .start)
        #expect(kinds(statistics) == [Alert.Subject(kind: .breakerOpen, type: .reverse)])
    }

    @Test(arguments: [BreakerState.open, .halfOpen]) func `a breaker that holds nothing back is no alert`(_ breaker: BreakerState) {
        var statistics = Statistics(since: .start)
        var event = TypeEvent.sample([.succeeded: 5, .failed: 30])
        event.breaker = breaker
        statistics.apply(event, at: .start)
        #expect(kinds(statistics).isEmpty)
    }

    @Test func `counters that do not balance are an alert`() {
        var statistics = Statistics(since: .start)
        var event = TypeEvent.sample([.succeeded: 5])
        event.states.submitted = 6
        statistics.apply(event, at: .start)
        #expect(kinds(statistics) == [Alert.Subject(kind: .ledgerMismatch, type: .reverse)])
    }

    @Test func `a worker that goes silent while its tasks wait is an alert for five minutes`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.sample([.pending: 5]), at: .start)
        for id in ["silent", "expired", "gone", "alive"] { statistics.apply(.heartbeat, .sample(id), at: .start) }
        statistics.apply(.deregister, .sample("gone"), at: .after(1))
        statistics.apply(WorkerEvent(kind: .left, reason: .leaseExpired, at: .start, worker: .sample("expired")), at: .after(2))
        statistics.apply(.heartbeat, .sample("alive"), at: .after(4))
        let lost = ["expired", "silent"].map { Alert.Subject(kind: .heartbeatLost, worker: $0) }
        #expect(kinds(statistics, at: 4) == lost)
        statistics.apply(.heartbeat, .sample("alive"), at: .after(302.5))
        #expect(kinds(statistics, at: 302.5) == [lost[1]])
        statistics.apply(.heartbeat, .sample("alive"), at: .after(304))
        #expect(kinds(statistics, at: 304).isEmpty)
    }

    /// A worker that was killed, and others that live on, while tasks wait.
    private func missing(_ id: String) -> Statistics {
        var statistics = Statistics(since: .start)
        statistics.apply(.heartbeat, .sample(id), at: .start)
        statistics.apply(.heartbeat, .sample("alive"), at: .start)
        statistics.apply(.sample([.pending: 5]), at: .start)
        statistics.apply(.heartbeat, .sample("alive"), at: .after(4))
        return statistics
    }

    @Test func `a worker that is gone is no alert once its tasks have all been taken up`() {
        var statistics = missing("gone")
        #expect(kinds(statistics, at: 4) == [Alert.Subject(kind: .heartbeatLost, worker: "gone")])
        statistics.apply(.sample([.running: 4, .succeeded: 1]), at: .after(4))
        #expect(kinds(statistics, at: 4).isEmpty)
    }

    @Test func `a worker that was started again under another id is not missing`() {
        var statistics = missing("before")
        #expect(kinds(statistics, at: 4) == [Alert.Subject(kind: .heartbeatLost, worker: "before")])
        statistics.apply(.register, .sample("after"), at: .after(4))
        #expect(kinds(statistics, at: 4).isEmpty)
    }

    @Test func `a lease that was followed by an orderly stop is no alert`() {
        var statistics = missing("late")
        statistics.apply(WorkerEvent(kind: .left, reason: .leaseExpired, at: .start, worker: .sample("late")), at: .after(4))
        #expect(kinds(statistics, at: 4) == [Alert.Subject(kind: .heartbeatLost, worker: "late")])
        statistics.apply(.deregister, .sample("late"), at: .after(4))
        #expect(kinds(statistics, at: 4).isEmpty)
    }

    @Test func `a broker that has frozen is one alert, and what follows from it is not listed beside it`() {
        let time = Mutex(Timestamp.start)
        let grid = GridState(topology: Topology(prefix: "t"), now: { time.withLock { $0 } })
        let (began, answers) = (ContinuousClock.now, BrokerAnswers())
        answers.note(at: began)
        func hear(_ second: Double) throws {
            time.withLock { $0 = .after(second) }
            answers.note(at: began + .seconds(second))
            for worker in 1...5 {
                try grid.hear(.heartbeat, RegistryMessage.sample("w\(worker)"))
            }
            try grid.apply(.event(TypeEvent.sample([.pending: 5])), exchange: "t.events", key: "task.reverse")
            grid.hear(.nameservice)
        }
        func look(_ second: Double) -> [Alert.Kind] {
            time.withLock { $0 = .after(second) }
            let reading = ConnectionReading(name: "c", state: .connected, since: began - .seconds(100), wasConnected: true)
            grid.updateAlerts(connections: [answers.checked(reading, at: began + .seconds(second))])
            return grid.current.alerts.current.map(\.subject.kind)
        }
        #expect(throws: Never.self) { try hear(0) }
        var told: Set<Alert.Kind> = []
        for second in 0...12 { told.formUnion(look(Double(second))) }
        #expect(told == [.brokerUnreachable])
        // It thaws; the workers connect again within seconds.
        answers.note(at: began + .seconds(13))
        #expect(look(13).isEmpty)
        #expect(look(15).isEmpty)
        for second in 16...40 {
            #expect(throws: Never.self) { try hear(Double(second)) }
            #expect(look(Double(second)).isEmpty)
        }
    }

    @Test func `an unreachable broker is one alert, without alerts about workers`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.heartbeat, .sample("a"), at: .start)
        statistics.apply(.sample(.hash, [.pending: 5]), at: .start)
        let away = BrokerReport(connected: false, problem: "nobody answers")
        #expect(kinds(statistics, away, at: 100) == [Alert.Subject(kind: .brokerUnreachable)])
        // In an alarm heartbeats are not taken either.
        #expect(kinds(statistics, BrokerReport(connected: true, blocked: true), at: 100) == [Alert.Subject(kind: .brokerAlarm)])
    }

    @Test func `a broker alarm is an alert`() {
        let blocked = BrokerReport(connected: true, blocked: true, alarm: "low on memory")
        let conditions = Alert.conditions(Statistics(since: .start), broker: blocked, at: .start)
        #expect(
            conditions == [
                Alert.Subject(kind: .brokerAlarm): "the broker accepts no messages (low on memory): free memory or disk on its machine"
            ])
    }

    private func silent(_ statistics: Statistics, since reachable: Double?, at second: Double) -> [Alert.Kind] {
        let conditions = Alert.conditions(statistics, broker: well, reachable: reachable.map(Timestamp.after), at: .after(second))
        return conditions.keys.sorted().map(\.kind)
    }

    @Test func `each silent service is an alert`() {
        // Also where none ever ran.
        let nobody = Statistics(since: .start)
        #expect(silent(nobody, since: 100, at: 114.9).isEmpty)
        #expect(silent(nobody, since: 100, at: 115) == [.dispatcherSilent, .nameserviceSilent])
        #expect(silent(nobody, since: nil, at: 1000).isEmpty)

        var statistics = Statistics(since: .start)
        statistics.apply(.sample([.succeeded: 1]), at: .after(100))
        statistics.apply(WorkerEvent(kind: .joined, at: .start, worker: .sample("a")), at: .after(105))
        #expect(!silent(statistics, since: 0, at: 114).contains(.dispatcherSilent))
        #expect(silent(statistics, since: 0, at: 115).contains(.dispatcherSilent))
        #expect(!silent(statistics, since: 0, at: 119).contains(.nameserviceSilent))
        // Heartbeats that were missed while the broker was away are no silence.
        #expect(silent(statistics, since: 110, at: 124).contains(.dispatcherSilent) == false)
        statistics.hear(.dispatcher, at: .after(120))
        #expect(silent(statistics, since: 0, at: 121).contains(.dispatcherSilent) == false)
        #expect(silent(statistics, since: 0, at: 121).contains(.nameserviceSilent))
    }

    @Test func `the grid state knows since when it can hear`() {
        let time = Mutex(Timestamp.start)
        let grid = GridState(topology: Topology(prefix: "t"), now: { time.withLock { $0 } })
        func look(_ state: ConnectionReading.State, at second: Double) -> [Alert.Kind] {
            time.withLock { $0 = .after(second) }
            grid.updateAlerts(connections: [ConnectionReading(name: "c", state: state, since: .now, wasConnected: true)])
            return grid.current.alerts.current.map(\.subject.kind).filter { $0 == .dispatcherSilent || $0 == .nameserviceSilent }
        }
        #expect(look(.connected, at: 0).isEmpty)
        #expect(look(.connected, at: 15) == [.dispatcherSilent, .nameserviceSilent])
        grid.hear(.dispatcher)
        #expect(look(.connected, at: 16) == [.nameserviceSilent])
        // An alarm keeps queries and answers back.
        #expect(look(.blocked, at: 17).isEmpty)
        #expect(look(.connected, at: 40).isEmpty)
        #expect(look(.connected, at: 54).isEmpty)
        #expect(look(.connected, at: 55) == [.dispatcherSilent, .nameserviceSilent])
    }

    @Test func `the connections show the state of the broker`() {
        func reading(_ state: ConnectionReading.State, _ detail: String? = nil) -> ConnectionReading {
            ConnectionReading(name: "c", state: state, since: .now, wasConnected: true, detail: detail)
        }
        #expect(BrokerReport([reading(.connected), reading(.connected)]) == BrokerReport(connected: true))
        #expect(BrokerReport([reading(.connected), reading(.unconnected, "x")]) == BrokerReport(connected: false, problem: "x"))
        #expect(
            BrokerReport([reading(.blocked, "low"), reading(.connected)]) == BrokerReport(connected: true, blocked: true, alarm: "low"))
        #expect(BrokerReport([]) == BrokerReport(connected: false))
    }

    // MARK: Starts and ends

    private let breaker = Alert.Subject(kind: .breakerOpen, type: .reverse)
    private let worker = Alert.Subject(kind: .noWorker, type: .reverse)

    @Test func `the start and the end of an alert are published once`() {
        var alerts = Alerts()
        let started = alerts.update([breaker: "m"], at: .after(1))
        #expect(started.map(\.isActive) == [true])
        #expect(started.first?.alert == Alert(subject: breaker, since: .after(1), message: "m"))
        #expect(alerts.update([breaker: "n"], at: .after(2)).isEmpty)
        #expect(alerts.current == [Alert(subject: breaker, since: .after(1), message: "n")])
        let ended = alerts.update([:], at: .after(3))
        #expect(ended.map(\.isActive) == [false])
        #expect(ended.first?.alert.since == .after(1))
        #expect(alerts.current.isEmpty)
        #expect(alerts.update([:], at: .after(4)).isEmpty)
    }

    @Test func `a problem that passes in time is no alert`() {
        var alerts = Alerts()
        #expect(alerts.update([worker: "m"], at: .after(0)).isEmpty)
        #expect(alerts.update([worker: "m"], at: .after(4.9)).isEmpty)
        #expect(alerts.update([:], at: .after(5)).isEmpty)
        #expect(alerts.update([worker: "m"], at: .after(6)).isEmpty)
        #expect(alerts.current.isEmpty)
        let started = alerts.update([worker: "m"], at: .after(11))
        #expect(started.first?.alert.since == .after(6))
        #expect(alerts.current.count == 1)
    }

    @Test func `until the broker's own alert is told, alerts that were told stay`() {
        var alerts = Alerts()
        let broker = Alert.Subject(kind: .brokerUnreachable)
        for second in [0, 5] as [Double] { _ = alerts.update([worker: "m", breaker: "b"], at: .after(second)) }
        for second in [6, 8, 10.9] as [Double] {
            _ = alerts.update([broker: "away"], at: .after(second))
            #expect(alerts.current.map(\.subject) == [worker])
        }
        let changes = alerts.update([broker: "away"], at: .after(11))
        #expect(changes.map(\.alert.subject) == [worker, broker])
        #expect(alerts.current.map(\.subject) == [broker])
        _ = alerts.update([:], at: .after(12))
        #expect(alerts.current.isEmpty)
    }

    @Test func `each kind of alert is bounded and crowds out no other`() {
        var alerts = Alerts()
        var conditions: [Alert.Subject: Alert.Condition] = [breaker: "m"]
        for number in 0..<1000 { conditions[Alert.Subject(kind: .heartbeatLost, worker: "\(number)")] = "m" }
        _ = alerts.update(conditions, at: .after(0))
        let started = alerts.update(conditions, at: .after(10))
        #expect(started.count == Alerts.maximumOfKind)
        #expect(alerts.current.count == Alerts.maximumOfKind + 1)
        #expect(alerts.update([:], at: .after(11)).count == Alerts.maximumOfKind + 1)
    }
}
