import AMQP
import Foundation
import GRDB
import ServiceSupport
import Synchronization
import TaskGridCore
import TestSupport
import Testing

@testable import Monitor

@Suite(.timeLimit(.minutes(1))) struct HistoryTests {
    // MARK: Times

    @Test(arguments: 1...10 as ClosedRange<UInt64>) func `percentiles are within four percent`(seed: UInt64) throws {
        var generator = Seeded(seed: seed)
        var times = TimeCounts()
        var list: [UInt64] = []
        for _ in 0..<500 {
            let value = UInt64.random(in: 0...(1 << UInt64(generator.number(1...45))), using: &generator)
            list.append(value)
            times.add(value, count: 1)
        }
        list.sort()
        for percent in [1.0, 50, 95, 100] {
            let expected = Double(list[max(1, Int((percent / 100 * 500).rounded(.up))) - 1])
            let value = try #require(times.percentile(percent))
            #expect(abs(value - expected) <= 0.04 * expected, "seed \(seed), p\(percent): \(value), true \(expected)")
        }
        #expect(TimeCounts(data: times.data) == times, "seed \(seed)")
        var twice = TimeCounts()
        twice.add(times)
        twice.add(times)
        #expect(twice.percentile(50) == times.percentile(50), "seed \(seed)")
    }

    @Test func `bytes that are no times are ignored`() {
        #expect(TimeCounts().percentile(50) == nil)
        #expect(TimeCounts(data: Data(repeating: 0xFF, count: 100)).isEmpty)
        #expect(TimeCounts(data: Data([1, 2, 3])).isEmpty)
        var huge = TimeCounts()
        huge.add(.max, count: 1)
        #expect(TimeCounts(data: huge.data) == huge)
    }

    // MARK: Recording

    @Test func `ten seconds are a step`() throws {
        var statistics = Statistics(since: .start)
        var recorder = HistoryRecorder(at: .start)
        statistics.apply(CountsQuery.Answer(store: "s", types: [.reverse: TaskCounts([.succeeded: 100])]), at: .after(0))
        statistics.apply(.heartbeat, .sample("a", types: [.reverse, .hash]), at: .after(9))
        statistics.apply(.sample(at: .after(5), [.succeeded: 103, .pending: 2, .running: 1], run: [(5000, 3)]), at: .after(5))
        #expect(recorder.record(statistics, at: .after(9.9)) == nil)
        let recorded = recorder.record(statistics, at: .after(10))
        let entry = try #require(recorded)
        #expect(entry.at == .start)
        let reverse = try #require(entry.types[.reverse])
        #expect(reverse.happened.submitted == 6 && reverse.happened.succeeded == 3)
        #expect(reverse.waiting == 2 && reverse.running == 1 && reverse.workers == 1)
        #expect(abs(try #require(reverse.times.percentile(50)) - 5000) <= 200)
        // Run times have nothing in common over types.
        var all = reverse
        all.times = TimeCounts()
        #expect(entry.all == all)
        #expect(entry.types[.hash] == Rollup(workers: 1))
        #expect(recorder.record(statistics, at: .after(10.5)) == nil)
        // A retry takes from `failed`, and nothing from history.
        statistics.apply(.sample(at: .after(12), [.succeeded: 103, .failed: 3]), at: .after(12))
        statistics.apply(.sample(at: .after(13), [.succeeded: 104, .scheduled: 2]), at: .after(13))
        let later = recorder.record(statistics, at: .after(20))
        let next = try #require(later?.types[.reverse])
        #expect(next.happened.failed == 3 && next.happened.succeeded == 1 && next.times.isEmpty)
    }

    @Test func `after a pause only the latest step is recorded`() throws {
        var statistics = Statistics(since: .start)
        var recorder = HistoryRecorder(at: .start)
        statistics.apply(CountsQuery.Answer(store: "s", types: [:]), at: .start)
        statistics.apply(.sample([.succeeded: 4]), at: .after(1))
        let recorded = recorder.record(statistics, at: .after(65))
        let entry = try #require(recorded)
        #expect(entry.at == .after(50))
        #expect(entry.all.happened.succeeded == 4)
    }

    @Test func `types of a step are bounded to the busiest`() throws {
        var statistics = Statistics(since: .start)
        var recorder = HistoryRecorder(at: .start)
        for number in 1...100 { statistics.apply(.sample(try TaskType("t\(number)"), [.pending: number]), at: .start) }
        let recorded = recorder.record(statistics, at: .after(10))
        let entry = try #require(recorded)
        #expect(entry.types.count == HistoryRecorder.maximumTypes)
        let (most, last, first) = (TaskType(literal: "t100"), TaskType(literal: "t37"), TaskType(literal: "t36"))
        #expect(entry.types[most] != nil && entry.types[last] != nil && entry.types[first] == nil)
        #expect(entry.all.waiting == 5050)
    }

    // MARK: Keeping

    private func step(_ second: Double, succeeded: Int, time: UInt64 = 1000) -> HistoryRecorder.Entry {
        var rollup = Rollup(waiting: succeeded)
        rollup.happened.succeeded = succeeded
        rollup.times.add(time, count: UInt64(succeeded))
        return HistoryRecorder.Entry(at: .after(second), all: rollup, types: [.reverse: rollup])
    }

    @Test func `longer steps are the sum of the shorter`() async throws {
        let store = try await HistoryStore.open(nil)
        let start = HistoryStep.halfHour.start(.start)
        for number in 0..<180 {
            var entry = step(0, succeeded: number, time: UInt64(1000 + number))
            entry.at = start + .seconds(number * 10)
            try await store.add(entry)
        }
        let minutes = try await store.rollups(of: nil, .minute, in: start...(start + .seconds(1799)))
        #expect(minutes.count == 30)
        let second = try #require(minutes[start + .seconds(60)])
        #expect(second.happened.succeeded == (6...11).reduce(0, +))
        #expect(second.waiting == 11)
        let halfHour = try await store.rollups(of: .reverse, .halfHour, in: start...start)
        #expect(halfHour[start]?.happened.succeeded == (0..<180).reduce(0, +))
        #expect(halfHour[start]?.waiting == 179)
        #expect(abs(try #require(halfHour[start]?.times.percentile(100)) - 1179) <= 48)
    }

    @Test func `a type without events is idle, and a time without a monitor is a gap`() async throws {
        let store = try await HistoryStore.open(nil)
        try await store.add(step(0, succeeded: 1))
        try await store.add(step(20, succeeded: 1))
        let known = try await store.rollups(of: .hash, .tenSeconds, in: .start ... .after(20))
        #expect(known == [.after(0): Rollup(covered: 1), .after(20): Rollup(covered: 1)])
    }

    @Test func `old steps are deleted`() async throws {
        let store = try await HistoryStore.open(nil)
        for second in [0.0, 10, 86_400] { try await store.add(step(second, succeeded: 1)) }
        // For all and for the type: three steps of ten seconds, two minutes and two half hours.
        #expect(try await store.count() == 14)
        try await store.prune(at: .after(86_405))
        #expect(try await store.rollups(of: nil, .tenSeconds, in: .start ... .after(90_000)).keys.sorted() == [.after(10), .after(86_400)])
        #expect(try await store.rollups(of: nil, .minute, in: .after(-3600) ... .after(90_000)).count == 2)
        try await store.prune(at: .after(30.5 * 86_400))
        #expect(try await store.count() == 4)
        try await store.prune(at: .after(40 * 86_400))
        #expect(try await store.count() == 0)
    }

    @Test func `pruning takes small steps`() async throws {
        let store = try await HistoryStore.open(nil)
        for number in 0..<20 { try await store.add(step(Double(number * 10), succeeded: 1)) }
        let before = try await store.count()
        try await store.prune(at: .after(60 * 86_400), limit: 3)
        #expect(try await store.count() == before - 8)
    }

    // MARK: The whole

    private func seconds(_ report: HistoryReport) -> [Double] { report.points.filter { $0.rollup != nil }.map { ($0.at - .start).seconds } }

    @Test func `a history file that was removed is an alert, and the health says so`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "history-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "h.sqlite").path(percentEncoded: false)
        let time = Mutex(Timestamp.start)
        let grid = GridState(topology: Topology(prefix: "t"), now: { time.withLock { $0 } })
        let vitals = Vitals()
        vitals.enter(.serving)
        let history = GridHistory(try await HistoryStore.open(path), grid: grid, logger: .silent, vitals: vitals)
        func alerts() -> [Alert.Kind] {
            grid.updateAlerts(connections: [ConnectionReading(name: "c", state: .connected, since: .now, wasConnected: true)])
            return grid.current.alerts.current.map(\.subject.kind)
        }
        time.withLock { $0 = .after(10) }
        await history.record()
        #expect(alerts().isEmpty)
        #expect(vitals.report(service: "monitor", id: "m").healthy)
        try FileManager.default.removeItem(atPath: path)
        time.withLock { $0 = .after(14) }
        await history.record()
        time.withLock { $0 = .after(20) }
        await history.record()
        #expect(alerts().contains(.historyUnavailable))
        let reason = try #require(vitals.report(service: "monitor", id: "m").reasons.first)
        #expect(reason.contains("\(path) was removed while it was open; put it back, or restart the monitor"))
        await history.end()
    }

    @Test func `a restart is a gap of its own length`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "history-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "h.sqlite").path(percentEncoded: false)
        let time = Mutex(Timestamp.start)
        func live(from begin: Int, to end: Int, succeeded: Int) async throws -> HistoryReport {
            time.withLock { $0 = .after(Double(begin)) }
            let grid = GridState(topology: Topology(prefix: "t"), now: { time.withLock { $0 } })
            let history = GridHistory(try await HistoryStore.open(path), grid: grid, logger: .silent)
            for second in begin...end {
                time.withLock { $0 = .after(Double(second)) }
                let event = TypeEvent.sample(at: .after(Double(second)), [.succeeded: succeeded + second - begin])
                try grid.apply(.event(event), exchange: grid.topology.events.name, key: "task.reverse")
                await history.record()
            }
            let report = try await history.report(nil, .fiveMinutes)
            await history.end()
            return report
        }
        let first = try await live(from: 0, to: 62, succeeded: 0)
        #expect(seconds(first) == [0, 10, 20, 30, 40, 50])
        let second = try await live(from: 95, to: 131, succeeded: 62)
        #expect(seconds(second) == [0, 10, 20, 30, 40, 50, 60, 90, 100, 110, 120])
        // Each second one task; those of the down-time and of the first moment are nobody's.
        let happened = second.points.compactMap(\.rollup).map(\.happened.succeeded)
        #expect(happened == [10, 10, 10, 10, 10, 10, 2, 5, 10, 10, 10])
        #expect(second.points.count == 30)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test(arguments: HistoryWindow.allCases) func `each window is whole and ends now`(_ window: HistoryWindow) async throws {
        let grid = GridState(topology: Topology(prefix: "t"), now: { .after(25) })
        let history = GridHistory(try await HistoryStore.open(nil), grid: grid, logger: .silent)
        let report = try await history.report(.reverse, window)
        #expect(report.points.count == window.count)
        // The latest that is over.
        #expect(report.points.last?.at == window.step.start(.after(20)) + .seconds(-window.step.seconds))
        #expect(report.points.allSatisfy { $0.rollup == nil })
        let first = try #require(report.points.first)
        let last = try #require(report.points.last)
        #expect(last.at - first.at == .seconds(report.step * (window.count - 1)))
    }

    @Test func `a step that is not saved yet is no gap`() async throws {
        let time = Mutex(Timestamp.start)
        let grid = GridState(topology: Topology(prefix: "t"), now: { time.withLock { $0 } })
        let history = GridHistory(try await HistoryStore.open(nil), grid: grid, logger: .silent)
        time.withLock { $0 = .after(10) }
        await history.record()
        // The next ten seconds are over, and nobody has looked yet.
        time.withLock { $0 = .after(20.5) }
        #expect(try await history.report(nil, .fiveMinutes).points.last?.at == .start)
        #expect(try await history.report(nil, .fiveMinutes).points.last?.rollup?.covered == 1)
        await history.record()
        #expect(try await history.report(nil, .fiveMinutes).points.last?.at == .after(10))
        #expect(seconds(try await history.report(nil, .fiveMinutes)) == [0, 10])
    }

    @Test func `a window can end before a given time`() async throws {
        let grid = GridState(topology: Topology(prefix: "t"), now: { .after(86_400) })
        let store = try await HistoryStore.open(nil)
        try await store.add(step(0, succeeded: 3))
        let history = GridHistory(store, grid: grid, logger: .silent)
        let report = try await history.report(nil, .fiveMinutes, until: .after(19))
        #expect(report.points.last?.at == .start && report.points.last?.rollup?.happened.succeeded == 3)
        #expect(try await history.report(nil, .fiveMinutes, until: .after(100_000)).points.last?.at == .after(86_390))
        #expect(try await history.report(nil, .month, until: Timestamp(rawValue: 0)).points.first?.at == Timestamp(rawValue: 0))
    }

    @Test func `a longer step knows for how much of it a monitor ran`() async throws {
        let store = try await HistoryStore.open(nil)
        let minute = HistoryStep.minute.start(.start) + .seconds(60)
        func add(_ second: Int, _ types: [TaskType]) async throws {
            var entry = step(0, succeeded: 2)
            entry.at = minute + .seconds(second)
            entry.types = Dictionary(uniqueKeysWithValues: types.map { ($0, entry.all) })
            try await store.add(entry)
        }
        try await add(0, [.reverse])
        try await add(10, [])
        // A monitor that ended and one that began within the same ten seconds.
        try await add(30, [.reverse])
        try await add(30, [.reverse])
        for type in [nil, TaskType.reverse, .hash] {
            #expect(try await store.rollups(of: type, .minute, in: minute...minute)[minute]?.covered == 3)
        }
        let point = HistoryReport.Point(at: minute, rollup: try await store.rollups(of: nil, .minute, in: minute...minute)[minute])
        #expect(String(decoding: JSON.encode(point), as: UTF8.self).contains("\"covered_seconds\":30"))
    }

    @Test func `one monitor uses a history at a time`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "history-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "h.sqlite").path(percentEncoded: false)
        let first = try await HistoryStore.open(path)
        let error = await #expect(throws: MonitorError.self) { _ = try await HistoryStore.open(path) }
        #expect(error?.message.contains("another monitor's") == true)
        try first.close()
        try await HistoryStore.open(path).close()
    }

    @Test func `a history of an earlier version is kept`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "history-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "h.sqlite").path(percentEncoded: false)
        let queue = try DatabaseQueue(path: path)
        try await queue.write { database in
            try database.execute(
                sql: """
                    PRAGMA application_id = 1952933993;
                    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
                    INSERT INTO grdb_migrations VALUES ('1');
                    CREATE TABLE rollup (
                        step INTEGER NOT NULL, type TEXT NOT NULL, at INTEGER NOT NULL,
                        submitted INTEGER NOT NULL, succeeded INTEGER NOT NULL, failed INTEGER NOT NULL,
                        cancelled INTEGER NOT NULL, expired INTEGER NOT NULL,
                        waiting INTEGER NOT NULL, running INTEGER NOT NULL, workers INTEGER NOT NULL, times BLOB NOT NULL,
                        PRIMARY KEY (step, type, at)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX rollup_age ON rollup (step, at);
                    INSERT INTO rollup VALUES (60, '', 1700000040000, 5, 4, 0, 0, 0, 0, 0, 1, x'');
                    """
            )
        }
        try queue.close()
        let store = try await HistoryStore.open(path)
        let minute = Timestamp(rawValue: 1_700_000_040_000)
        let kept = try #require(try await store.rollups(of: nil, .minute, in: minute...minute)[minute])
        #expect(kept.happened.succeeded == 4 && kept.covered == 6)
        try store.close()
    }

    @Test func `a file that is no history is refused`() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "history-\(UUID().uuidString)").path(percentEncoded: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("no database, but a text that is long enough to be read as its head, which it is not".utf8).write(to: URL(filePath: path))
        let error = await #expect(throws: MonitorError.self) { _ = try await HistoryStore.open(path) }
        #expect(error?.code == .history)
        #expect(error?.message.contains("monitor.history") == true)
    }
}
