import AMQP
import Foundation
import NIOCore
import TaskGridCore
import Testing

@testable import Monitor

@Suite(.timeLimit(.minutes(1))) struct MetricsTests {
    /// A grid in which something of each kind is to be told.
    private func text(_ change: (inout Statistics) -> Void = { _ in }, queues: QueuesReport? = nil, at second: Double = 100) -> String {
        var statistics = Statistics(since: .start)
        statistics.apply(.heartbeat, .sample("a", types: [.reverse, .hash]), at: .after(99))
        statistics.apply(CountsQuery.Answer(store: "s", types: [:]), at: .start)
        statistics.apply(
            .sample(
                [.pending: 2, .running: 1, .succeeded: 60, .failed: 6], run: [(900, 3), (4000, 2), (40_000_000, 1)], retried: 2,
                refused: 3),
            at: .after(1)
        )
        change(&statistics)
        var alerts = Alerts()
        _ = alerts.update([Alert.Subject(kind: .brokerAlarm): "m"], at: .start)
        let state = GridState.Snapshot(statistics: statistics, alerts: alerts, broker: BrokerReport(connected: true, blocked: true))
        return String(buffer: GridMetrics.text(state, queues: queues, listeners: 3, at: .after(second)))
    }

    private var queues: QueuesReport {
        QueuesReport(
            queues: ["t.dead": QueuesReport.Entry(.init(messages: 4, consumers: 0)), "t.work.hash": QueuesReport.Entry(nil)], isCut: false
        )
    }

    private func expect(_ text: String, has lines: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let all = Set(text.split(separator: "\n"))
        for line in lines.split(separator: "\n") { #expect(all.contains(line), "\(line)", sourceLocation: sourceLocation) }
    }

    @Test func `tasks are counted`() {
        expect(
            text(),
            has: """
                # TYPE taskgrid_tasks_total counter
                taskgrid_tasks_submitted_total{type="reverse"} 69
                taskgrid_tasks_total{type="reverse",outcome="succeeded"} 60
                taskgrid_tasks_total{type="reverse",outcome="failed"} 6
                taskgrid_task_retries_total{type="reverse"} 2
                taskgrid_results_refused_total{type="reverse"} 3
                taskgrid_tasks{type="reverse",state="pending"} 2
                taskgrid_tasks{type="reverse",state="running"} 1
                """
        )
    }

    @Test func `counters never fall`() {
        let text = text { $0.apply(.sample(at: .after(2), [.failed: 1, .scheduled: 5, .succeeded: 63]), at: .after(2)) }
        expect(text, has: #"taskgrid_tasks_total{type="reverse",outcome="failed"} 6"#)
        expect(text, has: #"taskgrid_tasks_total{type="reverse",outcome="succeeded"} 63"#)
        let other = self.text { $0.apply(.sample(store: "other", [.failed: 1]), at: .after(2)) }
        expect(other, has: #"taskgrid_tasks_total{type="reverse",outcome="failed"} 6"#)
    }

    @Test func `tasks from before the monitor's start are not counted`() {
        // Else a retry while no monitor ran would let the count begin lower than it ended: no reset to zero, and so none that
        // Prometheus can tell from tasks that ended.
        var statistics = Statistics(since: .start)
        statistics.apply(CountsQuery.Answer(store: "s", types: [.reverse: TaskCounts([.failed: 90, .pending: 10])]), at: .start)
        statistics.apply(.sample(at: .after(1), [.failed: 91, .pending: 9]), at: .after(1))
        let text = String(buffer: GridMetrics.text(GridState.Snapshot(statistics: statistics), queues: nil, listeners: 0, at: .after(2)))
        expect(text, has: #"taskgrid_tasks_total{type="reverse",outcome="failed"} 1"#)
        expect(text, has: #"taskgrid_tasks_submitted_total{type="reverse"} 0"#)
    }

    @Test func `times are a histogram`() {
        expect(
            text(),
            has: """
                # TYPE taskgrid_task_run_seconds histogram
                taskgrid_task_run_seconds_bucket{type="reverse",le="0.001"} 3
                taskgrid_task_run_seconds_bucket{type="reverse",le="0.0025"} 3
                taskgrid_task_run_seconds_bucket{type="reverse",le="0.005"} 5
                taskgrid_task_run_seconds_bucket{type="reverse",le="30"} 5
                taskgrid_task_run_seconds_bucket{type="reverse",le="60"} 6
                taskgrid_task_run_seconds_bucket{type="reverse",le="+Inf"} 6
                taskgrid_task_run_seconds_count{type="reverse"} 6
                """
        )
        var buckets = TimeBuckets()
        buckets.add(.max, count: 1)
        #expect(buckets.count == 1 && buckets.cumulative.allSatisfy { $0 == 0 })
    }

    @Test func `metrics show the state of the grid`() {
        let text = text(
            { statistics in
                var event = TypeEvent.sample(.hash, [.pending: 1])
                (event.breaker, event.paused, event.states.submitted) = (.halfOpen, true, 7)
                statistics.apply(event, at: .after(2))
            }, queues: queues)
        expect(
            text,
            has: """
                taskgrid_workers{type="hash"} 1
                taskgrid_workers{type="reverse"} 1
                taskgrid_breaker_state{type="hash",state="half_open"} 1
                taskgrid_breaker_state{type="hash",state="closed"} 0
                taskgrid_type_paused{type="hash"} 1
                taskgrid_ledger_balanced{type="hash"} 0
                taskgrid_ledger_balanced{type="reverse"} 1
                taskgrid_types 2
                taskgrid_alerts{kind="broker_alarm"} 1
                taskgrid_alerts{kind="no_worker"} 0
                taskgrid_broker_connected 1
                taskgrid_broker_blocked 1
                taskgrid_event_listeners 3
                taskgrid_monitor_start_time_seconds 1700000000
                taskgrid_queue_messages{queue="t.dead"} 4
                """
        )
        #expect(!text.contains("t.work.hash"))
        #expect(!self.text().contains("taskgrid_queue_messages"))
    }

    @Test func `a type whose workers are gone has zero workers`() {
        expect(text(at: 200), has: #"taskgrid_workers{type="reverse"} 0"#)
    }

    @Test func `while nothing was heard of workers, no number of them is told`() {
        let state = GridState.Snapshot(statistics: Statistics(since: .start))
        let text = String(buffer: GridMetrics.text(state, queues: nil, listeners: 0, at: .start))
        #expect(!text.contains("taskgrid_workers") && text.contains("taskgrid_breaker_state"))
    }

    @Test func `labels are escaped`() {
        var out = Exposition()
        out.sample("x", [("l", "a\"b\\c\nd")], value: 1.5)
        #expect(String(buffer: out.text) == "x{l=\"a\\\"b\\\\c\\nd\"} 1.5\n")
    }

    @Test func `series are bounded`() throws {
        let types = try (0..<2000).map { try TaskType("t\($0)") }
        let few = text()
        let many = text { statistics in
            for type in types.prefix(1000) { statistics.apply(.sample(type, [.pending: 1]), at: .after(1)) }
            for type in types.suffix(1000) { statistics.apply(.heartbeat, .sample("w-\(type)", types: [type]), at: .after(99)) }
        }
        let perType = few.split(separator: "\n").count { $0.contains("type=\"reverse\"") }
        #expect(many.split(separator: "\n").count <= GridMetrics.maximumTypes * perType + 200)
        expect(many, has: "taskgrid_types 1001")
    }

    // MARK: promtool

    @Test(.enabled(if: Promtool.isThereOrRequired, "promtool is not installed (Debian: prometheus)"))
    func `promtool accepts the metrics`() async throws {
        try await Promtool.expectNoWord("check", "metrics", input: text(queues: queues))
    }

    @Test(.enabled(if: Promtool.isThereOrRequired, "promtool is not installed (Debian: prometheus)"))
    func `promtool accepts the configuration for Prometheus`() async throws {
        try await Promtool.expectSuccess("check", "config", Self.configuration("prometheus.yml").path(percentEncoded: false))
    }

    // MARK: The dashboard for Grafana

    private static func configuration(_ name: String) -> URL {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return root.appending(path: "config/\(name)")
    }

    /// All that it asks Prometheus.
    private func queries() throws -> [String] {
        var queries: [String] = []
        func look(_ value: Any) {
            if let object = value as? [String: Any] {
                queries += [object["expr"], object["definition"]].compactMap { $0 as? String }
                object.values.forEach(look)
            } else if let array = value as? [Any] {
                array.forEach(look)
            }
        }
        look(try JSONSerialization.jsonObject(with: Data(contentsOf: Self.configuration("grafana-dashboard.json"))))
        return queries
    }

    @Test func `the Grafana dashboard asks for existing metrics and labels`() throws {
        // Of each metric that is told, the labels; in braces a query says which values it wants.
        var told: [Substring: Set<Substring>] = [:]
        for line in text(queues: queues).split(separator: "\n") where !line.hasPrefix("#") {
            let name = line.prefix { $0 != "{" && $0 != " " }
            told[name, default: []].formUnion(line.matches(of: #/([a-z_]+)="/#).map(\.1))
        }
        let asked = try queries()
        #expect(asked.count >= 15)
        for query in asked {
            let metrics = query.matches(of: #/(taskgrid_[a-z_]+)(?:\{([^}]*)\})?/#)
            #expect(!metrics.isEmpty, "\(query)")
            for metric in metrics {
                let labels = try #require(told[metric.1], "\(metric.1) is not told")
                for label in (metric.2 ?? "").matches(of: #/([a-z_]+)[=!]/#) { #expect(labels.contains(label.1), "\(query)") }
                for group in query.matches(of: #/by \(([a-z_, ]+)\)/#) {
                    for label in group.1.split(separator: ", ") { #expect(labels.contains(label), "\(query)") }
                }
            }
        }
    }

    @Test(.enabled(if: Promtool.isThereOrRequired, "promtool is not installed (Debian: prometheus)"))
    func `promtool accepts the queries of the Grafana dashboard`() async throws {
        let expressions = try queries().filter { !$0.hasPrefix("label_values(") }
        let rules = expressions.enumerated().map { number, query in
            let filled = query.replacing("$__rate_interval", with: "1m").replacing("$type", with: ".*")
            return "  - record: query_\(number)\n    expr: '\(filled)'\n"
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "rules-\(UUID().uuidString).yml")
        try "groups:\n- name: dashboard\n  rules:\n\(rules.joined())".write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        try await Promtool.expectSuccess("check", "rules", file.path(percentEncoded: false))
    }
}
