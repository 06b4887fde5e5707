import TaskGridCore
import Testing

@testable import Monitor
@testable import TaskGridCommand

/// A report of a grid, made of what a test cares for.
struct SampleReport {
    var types: [String: LiveTypeRow] = [:]
    var workers: [String: LiveWorkerRow] = [:]
    var alerts: [String] = []
    var events: [(kind: GridEvent.Kind, message: String)] = []
    var store: String? = "s"
    var isConnected = true
    var isBalanced = true
    /// How many there are of each, where not all are told.
    var known: (types: Int, workers: Int, alerts: Int)?
    var uptime = 342.5
    var knowsWorkers = true

    static func work(
        pending: Int = 0, running: Int = 0, succeeded: Int = 0, failed: Int = 0, rate: Double = 0, p95: Double? = nil, workers: Int? = 1,
        breaker: BreakerState = .closed, isPaused: Bool = false
    ) -> LiveTypeRow {
        var row = LiveTypeRow(TypeStatistics(), of: TaskType(literal: "hash"), activeWorkers: workers, uptime: .seconds(1), at: .now())
        (row.tasks.pending, row.tasks.running, row.tasks.succeeded, row.tasks.failed) = (pending, running, succeeded, failed)
        row.tasks.submitted = pending + running + succeeded + failed
        (row.throughput, row.p95, row.breaker, row.isPaused) = (rate, p95, breaker, isPaused)
        return row
    }

    static func worker(running: Int = 0, done: Int = 0, failed: Int = 0, seen: Int = 0, host: String = "h") -> LiveWorkerRow {
        let worker = RegistryMessage(
            worker: "w", host: host, pid: 1, version: "0.1.0", types: [TaskType(literal: "hash")], concurrency: 8, prefetch: 1,
            batch: false,
            started: .now(), interval: 1000
        )
        var row = LiveWorkerRow(WorkerStatistics(worker, at: .now()), maximumTypes: 10, at: .now())
        (row.running, row.done, row.failed, row.lastSeen) = (running, done, failed, seen)
        return row
    }

    var report: LiveReport {
        let at = Timestamp.now()
        var report = LiveReport(GridState.Snapshot(statistics: Statistics(since: at)), at: at)
        report.types = types.compactMap { name, row in (try? TaskType(name)).map { ($0, row) } }
        report.workers = workers.map { ($0, $1) }
        report.alerts = alerts.map { AlertReport(Alert(subject: Alert.Subject(kind: .brokerAlarm), since: at, message: $0)) }
        report.events = events.map { kind, message in
            var event = GridEventReport(GridEvent(kind: kind, service: "dispatcher", at: at, message: message))
            event.at = "2026-11-23T21:49:02.379Z"
            return event
        }
        let known = known ?? (types.count, workers.count, alerts.count)
        (report.head.types, report.head.workers, report.head.alerts) = known
        let tasks = Self.work(pending: 1_234, succeeded: 20_008, failed: 1).tasks
        report.head.statistics.all.tasks = tasks
        report.head.statistics.all.ledger = LedgerReport(tasks)
        if !isBalanced {
            report.head.statistics.all.ledger.accounted += 1
            report.head.statistics.all.ledger.balances = false
        }
        report.head.statistics.all.activeWorkers = knowsWorkers ? workers.count : nil
        report.head.statistics.all.throughput = 5_008.4
        report.head.statistics.all.queueP50 = 3
        report.head.statistics.all.queueP95 = 11.2
        report.head.statistics.broker = BrokerReport(connected: isConnected)
        report.head.statistics.at = "2026-11-23T21:50:07.379Z"
        report.head.statistics.uptime = uptime
        report.head.statistics.store = store
        return report
    }

    /// One with much of everything.
    static var full: SampleReport {
        var text = SampleReport()
        for number in 0..<40 {
            text.types["type-\(number / 10)\(number % 10)"] = work(
                pending: number, failed: 40 - number, rate: Double(number % 7), p95: Double(number % 11))
            text.workers["worker-\(number / 10)\(number % 10)-of-a-long-name"] = worker(running: number % 5, done: number)
        }
        text.alerts = (0..<9).map {
            "alert number \($0) which is much too long for a narrow terminal: start one with 'taskgrid worker sum'"
        }
        text.events = (0..<50).map { (.warning, "event number \($0) whose text too is longer than what stands in eighty columns") }
        return text
    }
}

@Suite("A frame of top")
struct TopFrameTests {
    private func texts(_ text: SampleReport, _ view: TopView = TopView(), _ columns: Int = 80, _ rows: Int = 24) throws -> [String] {
        TopFrame(text.report, view, size: .init(columns: columns, rows: rows)).lines.map(\.text)
    }

    private static let calm = SampleReport(
        types: ["hash": SampleReport.work(pending: 3, running: 2, succeeded: 20_008, failed: 1, rate: 5_008.4, p95: 11.2)],
        workers: ["w1": SampleReport.worker()], events: [(.started, "the first"), (.error, "disk is full")]
    )

    @Test(
        arguments: [1, 2, 3, 5, 9, 20, 40, 80, 132, 200],
        [1, 2, 3, 4, 5, 8, 12, 15, 16, 24, 50, 90])
    func `it fills every screen, and no line is wider`(columns: Int, rows: Int) throws {
        for text in [SampleReport(), Self.calm, .full] {
            for page in [TopView.Page.types, .workers] {
                let lines = try texts(text, TopView(page: page, offset: 7), columns, rows)
                #expect(lines.count == rows)
                // A table narrower than its first columns can be is the terminal's to cut.
                #expect(lines.allSatisfy { $0.count <= columns })
            }
        }
    }

    @Test func `the state of the grid and the time come first, then the counters, the table, and the newest events`() throws {
        let lines = try texts(Self.calm)
        #expect(lines[0].hasPrefix("Healthy · 1 worker ") && lines[0].hasSuffix(" 21:50:07Z") && lines[0].count == 80)
        #expect(lines[1].hasPrefix("Ledger  balances · 21,243 submitted: 1,234 pending, 20,008 succeeded, 1 failed"))
        #expect(lines[2] == "Rate    5,008/s in 1m0s · in queue p50 3.0ms · p95 11ms · broker connected")
        let headings = ["TYPE", "PENDING", "QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "RATE", "P95", "WORKERS", "BREAKER"]
        #expect(lines[4].split(separator: " ").map(String.init) == headings)
        #expect(lines[5].hasPrefix("hash") && lines[5].contains("20,008") && lines[5].hasSuffix("closed"))
        let heading = try #require(lines.firstIndex(of: "EVENTS"))
        #expect(lines[heading + 1] == "21:49:02  error, dispatcher: disk is full")
        #expect(lines[heading + 2] == "21:49:02  started, dispatcher: the first")
        #expect(lines.last == "q quit  t workers  s sort: name  ↑↓ scroll")
    }

    @Test func `a worker that takes tasks is live`() throws {
        let lines = try texts(Self.calm, TopView(page: .workers))
        #expect(lines[5].split(separator: " ").prefix(2) == ["w1", "live"])
    }

    @Test func `the ledger is shown whole if there is room for a second line`() throws {
        let lines = try texts(Self.calm, TopView(), 60, 24)
        #expect(lines[1] == "Ledger  balances · 21,243 submitted: 1,234 pending, 20,008" && lines[2] == "        succeeded, 1 failed")
        #expect(try texts(Self.calm, TopView(), 60, 12)[1].hasSuffix("…"))
    }

    @Test func `alerts are told whole where they fit, in at most a quarter of the screen, and the others counted`() throws {
        var text = Self.calm
        text.alerts = ["12 tasks of type sum wait and no worker runs them: start one with 'taskgrid worker sum'"]
        let lines = try texts(text)
        #expect(lines[0].hasPrefix("Needs attention: 1 alert"))
        #expect(lines[1] == "! 12 tasks of type sum wait and no worker runs them: start one with 'taskgrid" && lines[2] == "  worker sum'")
        let many = try texts(.full)
        #expect(many[0].hasPrefix("Needs attention: 9 alerts"))
        let last = try #require(many.firstIndex { $0.hasPrefix("  … and ") })
        #expect(last <= 6)
        let told = many[1..<last].count { $0.hasPrefix("! ") }
        #expect(many[last] == "  … and \(9 - told) more")
        #expect(TopFrame(whole: text.report, width: 80).lines[1].text.hasSuffix("'taskgrid worker sum'"))
    }

    @Test func `a narrow screen has the rate and an alert whole, and shows where it has not`() throws {
        var text = Self.calm
        text.alerts = [
            "60 tasks of type odd4 wait and no worker runs them since 2026-11-23T21:49:02.379Z, when worker odd4-py-17 stopped sending "
                + "heartbeats: start a worker of type odd4, or resume one that is quiet, and see 'taskgrid workers odd4' for them"
        ]
        let lines = try texts(text, TopView(), 40, 24)
        let shown = lines.map { $0.trimmingPrefix { $0 == " " || $0 == "!" } }.joined(separator: " ")
        #expect(shown.contains("see 'taskgrid workers odd4' for them"))
        #expect(shown.contains("5,008/s in 1m0s · in queue p50 3.0ms · p95 11ms · broker connected"))
        #expect(try texts(text, TopView(), 40, 12)[3].hasSuffix("…"))
    }

    @Test func `it says what it does not know`() throws {
        #expect(TopFrame(nil, size: .init(columns: 80, rows: 24)).lines.map(\.text) == ["TaskGrid+: connecting…"])
        #expect(try texts(SampleReport(store: nil))[0].hasPrefix("Connecting… no dispatcher has answered yet"))
        #expect(try texts(SampleReport())[0].hasPrefix("Healthy · no workers yet"))
        let unheard = SampleReport(types: ["hash": SampleReport.work(workers: nil)], knowsWorkers: false)
        #expect(try !texts(unheard)[0].contains("worker"))
        #expect(try texts(unheard)[5].split(separator: " ").suffix(2) == ["-", "closed"])
        #expect(try texts(SampleReport(isConnected: false))[2].hasSuffix("broker not reached"))
        #expect(try texts(SampleReport(isBalanced: false))[1].contains("21,244 accounted for · 21,243 submitted"))
    }

    @Test func `a grid is not called healthy before its alerts can be known`() throws {
        var text = Self.calm
        // `taskgrid top --once` listens for six seconds: it cannot know how many tasks have failed before.
        for uptime in [3.4, 6, 299] {
            text.uptime = uptime
            let line = try texts(text)[0]
            #expect(line.hasPrefix("No alerts in the first \(Int(uptime)) s; some take up to 5 min · 1 worker"))
        }
        text.uptime = 300
        #expect(try texts(text)[0].hasPrefix("Healthy"))
        text.uptime = 6
        text.alerts = ["the broker takes no messages"]
        #expect(try texts(text)[0].hasPrefix("Needs attention: 1 alert"))
    }

    @Test func `a type that is paused, or whose breaker is not closed, is seen`() throws {
        let text = SampleReport(types: [
            "a": SampleReport.work(isPaused: true), "b": SampleReport.work(breaker: .halfOpen),
            "c": SampleReport.work(breaker: .open, isPaused: true),
            "d": SampleReport.work(),
        ])
        let frame = TopFrame(text.report, size: .init(columns: 120, rows: 24))
        #expect(frame.lines[0].text.hasPrefix("Healthy · no workers yet · paused: a, c"))
        let rows = frame.lines[5...8]
        #expect(zip(rows, ["paused", "half open", "paused, open", "closed"]).allSatisfy { $0.text.hasSuffix($1) })
        #expect(rows.map(\.style) == [.warning, .bad, .bad, .plain])
    }

    @Test(arguments: [(200, 15), (80, 10), (40, 5)]) func `a narrow screen keeps what matters most`(columns: Int, count: Int) throws {
        let heading = try #require(try texts(Self.calm, TopView(), columns, 24).first { $0.hasPrefix("TYPE") })
        let shown = heading.split(separator: " ")
        #expect(
            shown.count == count && shown.contains("PENDING") && shown.contains("FAILED") && shown.last == "BREAKER", "\(heading)")
    }

    @Test func `of a grid with more types than are told the footer says how many there are`() throws {
        var text = SampleReport.full
        text.known = (10_000, 40, 25)
        let lines = try texts(text)
        #expect(lines[0].hasPrefix("Needs attention: 25 alerts"))
        #expect(lines.last?.contains(" of the busiest 40 of 10,000  q quit") == true, "\(lines.last ?? "")")
        #expect(try texts(text, TopView(page: .workers)).last?.contains(" of 40  q quit") == true)
        // Also where all that are told fit.
        for rows in [24, 200] {
            let lines = try texts(text, TopView(), 80, rows)
            let told = try #require(lines.first { $0.hasPrefix("  … and ") })
            #expect(told == "  … and \(25 - lines.count { $0.hasPrefix("! ") }) more")
        }
    }

    @Test func `rows scroll as far as there are some, and the footer says where one is`() throws {
        var text = SampleReport.full
        text.alerts = []
        func frame(_ offset: Int) throws -> TopFrame {
            TopFrame(text.report, TopView(offset: offset), size: .init(columns: 80, rows: 24))
        }
        let first = try frame(0)
        #expect(first.offset == 0 && first.visible == 8)
        #expect(first.lines[5].text.hasPrefix("type-00"))
        #expect(first.lines.last?.text.hasPrefix("1-8 of 40  q quit") == true)
        #expect(try frame(3).lines[5].text.hasPrefix("type-03"))
        let last = try frame(.max)
        #expect(last.offset == 32 && last.lines[12].text.hasPrefix("type-39"))
        // The columns do not move while the rows do.
        #expect(last.lines[4] == first.lines[4])
    }

    @Test(arguments: TopView.Order.allCases)
    func `rows are in the order that was chosen, those alike by their names`(order: TopView.Order) throws {
        let text = SampleReport(
            types: [
                "a": SampleReport.work(pending: 1, failed: 3, rate: 2, p95: nil),
                "b": SampleReport.work(pending: 1, failed: 4, rate: 1, p95: 5),
                "c": SampleReport.work(pending: 2, failed: 3, rate: 2, p95: 9),
            ],
            workers: [
                "a": SampleReport.worker(running: 1, done: 5, failed: 0, seen: 9),
                "b": SampleReport.worker(running: 2, done: 5, failed: 1, seen: 1),
                "c": SampleReport.worker(running: 1, done: 6, failed: 0, seen: 2),
            ]
        )
        let state = text.report
        func names(_ page: TopView.Page) -> String { TopTable(state, page, by: order).table.rows.map { $0[0] }.joined() }
        let expected: [TopView.Order: (String, String)] = [
            .name: ("abc", "abc"), .load: ("cab", "bac"), .work: ("acb", "cab"), .failed: ("bac", "bac"), .slowest: ("cba", "acb"),
        ]
        let (types, workers) = try #require(expected[order])
        #expect(names(.types) == types && names(.workers) == workers)
    }

    @Test func `without a screen it has everything, uncut`() throws {
        let lines = TopFrame(whole: SampleReport.full.report, width: nil).lines.map(\.text)
        #expect(lines.count { $0.hasPrefix("type-") } == 40 && lines.count { $0.hasPrefix("worker-") } == 40)
        #expect(lines.count { $0.hasPrefix("! alert number") } == 9 && lines.count { $0.contains("warning, dispatcher") } == 10)
        #expect(!lines.contains { $0.contains("…") || $0.contains("q quit") })
    }

    @Test func `texts from the grid cannot move the cursor`() throws {
        let text = SampleReport(
            workers: ["w\u{1b}[2J": SampleReport.worker(host: "h\r\n")], alerts: ["x\u{1b}]0;y\u{7}"],
            events: [(.error, "a\u{9b}1m\nb")])
        let state = text.report
        let frames = [TopFrame(state, TopView(page: .workers), size: .init(columns: 120, rows: 30)), TopFrame(whole: state, width: nil)]
        for line in frames.flatMap(\.lines) {
            #expect(line.text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        }
    }
}

@Suite("The keys and the screen of top")
struct TopViewTests {
    @Test func `keys are known by their sequences, whole or in pieces`() {
        let bytes = Array("jq\u{1B}[A\u{1B}OB\u{1B}[5~\u{1B}[1;5C\u{1B}[6~\u{1B}[H\u{1B}[4~ \u{03}\u{1A}é\u{1B}x".utf8)
        let expected: [KeyPress] = [
            .letter("j"), .letter("q"), .up, .down, .pageUp, .pageDown, .home, .end, .letter(" "), .control("C"), .control("Z"),
            .letter("x"),
        ]
        var whole = KeyReader()
        #expect(whole.read(bytes) == expected)
        for size in 1...7 {
            var reader = KeyReader()
            let keys = stride(from: 0, to: bytes.count, by: size).flatMap { reader.read(bytes[$0..<min($0 + size, bytes.count)]) }
            #expect(keys == expected, "in pieces of \(size)")
        }
    }

    @Test func `a sequence that never ends does not grow`() {
        var reader = KeyReader()
        #expect(reader.read(Array("\u{1B}[111111111111111111111111111111".utf8)).isEmpty)
        #expect(reader.read(Array("q".utf8)) == [.letter("q")])
    }

    @Test(arguments: [KeyPress.letter("q"), .control("C"), .control("D")])
    func `q, Ctrl-C and the end of input quit; Ctrl-Z suspends; no other key does`(key: KeyPress) {
        var view = TopView()
        #expect(view.press(key, visible: 5) == .quit)
        #expect(view.press(.control("Z"), visible: 5) == .suspend)
        for key in [KeyPress.letter("x"), .letter("Q"), .up, .control("M")] { #expect(view.press(key, visible: 5) == .show) }
        #expect(view == TopView())
    }

    @Test func `t changes the table, s goes through all orders, and both begin at the top`() {
        var view = TopView(offset: 4)
        _ = view.press(.letter("t"), visible: 5)
        #expect(view == TopView(page: .workers))
        _ = view.press(.down, visible: 5)
        var seen: [TopView.Order] = []
        for _ in TopView.Order.allCases {
            _ = view.press(.letter("s"), visible: 5)
            seen.append(view.order)
        }
        #expect(seen == [.load, .work, .failed, .slowest, .name] && view.offset == 0)
    }

    @Test func `keys scroll, never above the first row`() {
        var view = TopView()
        for (key, offset) in [
            (KeyPress.up, 0), (.down, 1), (.letter("j"), 2), (.letter("k"), 1), (.pageDown, 6), (.letter(" "), 11), (.pageUp, 6),
            (.home, 0),
            (.end, .max),
        ] {
            _ = view.press(key, visible: 5)
            #expect(view.offset == offset)
        }
    }

    @Test func `a frame is drawn over the one before: no line is left of it, and the screen does not scroll`() {
        let lines = [Line("a", .bad), Line("b")]
        #expect(Screen.frame(lines, isColoured: false) == "\u{1B}[?2026h\u{1B}[Ha\u{1B}[K\r\nb\u{1B}[K\u{1B}[J\u{1B}[?2026l")
        #expect(Screen.frame(lines, isColoured: true).contains("\u{1B}[1;31ma\u{1B}[0m\u{1B}[K\r\nb"))
    }

    @Test(arguments: 1...40) func `a text is broken between words, and within those that are too long`(width: Int) {
        let text = "no worker runs them: start-one-with-a-command-that-is-long now"
        let lines = Line.wrapped(text, width: width)
        #expect(lines.allSatisfy { $0.count <= width })
        #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
        if width == 20 { #expect(lines[0] == "no worker runs them:") }
    }

    @Test(arguments: [(0.0, "0"), (0.25, "0.25"), (12.34, "12.3"), (5008.4, "5,008")])
    func `numbers are short`(value: Double, text: String) { #expect(CompactNumber.rate(value) == text) }

    @Test(
        arguments: [(nil, "-"), (0.004, "0.00ms"), (0.25, "0.25ms"), (2.25, "2.2ms"), (340, "340ms"), (2_500, "2.5s"), (129_000, "2m9s")]
            as [(Double?, String)])
    func `times have a unit`(value: Double?, text: String) { #expect(CompactNumber.time(value) == text) }
}
