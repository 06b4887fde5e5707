import Monitor
import TaskGridCore

/// One picture of the grid: its lines for a screen of some size. Pure.
///
/// On a screen it has as many lines as fit: the verdict, the alerts, the counters, the table that was chosen, and where there is room the
/// newest events. Whole, it has all of them.
struct TopFrame {
    /// Of a screen.
    struct Size: Hashable {
        var columns: Int
        var rows: Int
    }

    private(set) var lines: [Line] = []
    /// The first row of the table that is shown, which may be another than the one asked for.
    private(set) var offset = 0
    /// Rows of the table that are shown.
    private(set) var visible = 0

    private static let mostEvents = 10
    /// Rows of the table that come before any event.
    private static let tableBeforeEvents = 8

    /// All of it, without a screen.
    ///
    /// `width`: columns that there are; nil: as many as it takes.
    init(whole state: LiveReport, width: Int?) {
        let alerts = state.alerts.map { Line("! \(Terminal.plain($0.message))", $0.isCritical ? .bad : .warning) }
        let rest = [TopView.Page.types, .workers].flatMap { page in
            let (heading, rows) = TopTable(state, page, by: .name).lines(width: width)
            return [Line("")] + heading + rows.flatMap(\.self)
        }
        // The part of an alert that says what to do is not cut.
        lines = [Self.verdict(state, width)] + alerts
        lines += (Self.counters(state, width: width) + rest + Self.events(state, Self.mostEvents)).map { $0.cut(to: width) }
    }

    /// `state`: nil until something was heard.
    init(_ state: LiveReport?, _ view: TopView = TopView(), size: Size) {
        let columns = size.columns
        guard let state else {
            lines = [Line("TaskGrid+: connecting…", .strong).cut(to: columns)]
            return
        }
        let isSpacious = size.rows >= 16
        let top = [Self.verdict(state, columns)] + Self.alerts(state, size) + Self.counters(state, width: isSpacious ? columns : nil)
        let (heading, rows) = TopTable(state, view.page, by: view.order).lines(width: columns)
        // The head and the footer come first, then rows, then what is between.
        let head = Array(top.prefix(max(1, size.rows - 4)))
        var room = max(0, size.rows - head.count - (isSpacious ? 1 : 0) - heading.count - 1)
        let tableLines = rows.reduce(0) { $0 + $1.count }
        let wanted = min(tableLines, max(Self.tableBeforeEvents, room - Self.mostEvents - 1))
        let events = isSpacious ? Self.events(state, min(Self.mostEvents, room - wanted - 2)) : []
        room -= events.count
        offset = max(0, min(view.offset, rows.count - Self.fitting(rows.reversed(), in: room)))
        visible = Self.fitting(rows[offset...], in: room)
        lines = head
        if isSpacious { lines.append(Line("")) }
        lines += heading.map { $0.padded(to: columns) }
        lines += rows[offset..<(offset + visible)].flatMap(\.self)
        lines += events
        let blank = size.rows - 1 - lines.count
        if blank > 0 { lines += Array(repeating: Line(""), count: blank) }
        lines = lines.prefix(max(1, size.rows - 1)).map { $0.cut(to: columns) }
        if size.rows > 1 { lines.append(footer(view, state, of: rows.count).cut(to: columns)) }
    }

    /// How many of the rows, from the first one on, have room in so many lines.
    private static func fitting(_ rows: some Sequence<[Line]>, in room: Int) -> Int {
        var (count, lines) = (0, 0)
        for row in rows {
            lines += row.count
            guard lines <= room else { break }
            count += 1
        }
        return count
    }

    private func footer(_ view: TopView, _ state: LiveReport, of count: Int) -> Line {
        let other = view.page == .types ? "workers" : "types"
        let known = view.page == .types ? state.head.types : state.head.workers
        let which = known > count ? "the busiest \(Terminal.grouped(count)) of \(Terminal.grouped(known))" : "\(count)"
        let position = visible < count ? "\(offset + 1)-\(offset + visible) of \(which)  " : ""
        return Line("\(position)q quit  t \(other)  s sort: \(view.order.title(view.page))  ↑↓ scroll", .faint)
    }

    /// Whether the grid is healthy, in one line.
    private static func verdict(_ state: LiveReport, _ columns: Int?) -> Line {
        let line: Line
        if !state.alerts.isEmpty {
            let isCritical = state.alerts.contains(where: \.isCritical)
            line = Line(
                "Needs attention: \(state.head.alerts) \(state.head.alerts == 1 ? "alert" : "alerts")", isCritical ? .bad : .warning)
        } else if state.head.statistics.store == nil {
            line = Line("Connecting… no dispatcher has answered yet", .warning)
        } else {
            let paused = state.types.filter(\.row.isPaused).map(\.type.name).sorted()
            let workers = state.head.statistics.all.activeWorkers
            let isKnown = state.head.statistics.uptime >= LiveReport.longestLook.seconds
            let parts = [
                isKnown
                    ? "Healthy"
                    : "No alerts in the first \(Int(state.head.statistics.uptime)) s; "
                        + "some take up to \(Int(LiveReport.longestLook.seconds / 60)) min",
                workers.map { $0 == 0 ? "no workers yet" : "\(Terminal.grouped($0)) \($0 == 1 ? "worker" : "workers")" },
                paused.isEmpty ? nil : "paused: \(paused.joined(separator: ", "))",
            ]
            line = Line(parts.compactMap { $0 }.joined(separator: " · "), isKnown ? .good : .plain)
        }
        let clock = "\(CompactNumber.clock(state.head.statistics.at))Z"
        guard let columns, columns >= line.text.count + clock.count + 2 else { return line.cut(to: columns) }
        return Line(line.text + String(repeating: " ", count: columns - line.text.count - clock.count) + clock, line.style)
    }

    /// The alerts, in at most a quarter of the screen, or half of one that is narrow and high.
    private static func alerts(_ state: LiveReport, _ size: Size) -> [Line] {
        let most = max(1, size.rows / (size.columns < 60 && size.rows >= 16 ? 2 : 4))
        var lines: [Line] = []
        for (index, alert) in state.alerts.enumerated() {
            let wrapped = Line.wrapped(Terminal.plain(alert.message), width: max(1, size.columns - 2))
            let isLast = index == state.head.alerts - 1
            // A line is kept for how many more there are.
            let room = most - lines.count - (isLast ? 0 : 1)
            guard wrapped.count <= room || index == 0 else {
                return lines + [Line("  … and \(state.head.alerts - index) more", .bad)]
            }
            var shown = Array(wrapped.prefix(max(1, room)))
            if shown.count < wrapped.count, let last = shown.popLast() { shown.append(last.prefix(max(0, size.columns - 3)) + "…") }
            for (index, text) in shown.enumerated() {
                lines.append(Line((index == 0 ? "! " : "  ") + text, alert.isCritical ? .bad : .warning))
            }
        }
        let more = state.head.alerts - state.alerts.count
        return more > 0 ? lines + [Line("  … and \(more) more", .bad)] : lines
    }

    /// The ledger, and what goes on.
    ///
    /// `width`: where each is broken; nil: each has one line.
    private static func counters(_ state: LiveReport, width: Int?) -> [Line] {
        let (ledger, tasks) = (state.head.statistics.all.ledger, state.head.statistics.all.tasks)
        let states = TaskState.allCases.filter { tasks[$0] > 0 }.map { "\(Terminal.grouped(tasks[$0])) \($0.name)" }
        let verdict = ledger.balances ? "balances" : "\(Terminal.grouped(ledger.accounted)) accounted for"
        let sum =
            "\(verdict) · \(Terminal.grouped(ledger.submitted)) submitted" + (states.isEmpty ? "" : ": \(states.joined(separator: ", "))")
        func lines(_ name: String, _ text: String, _ style: Line.Style) -> [Line] {
            let parts = width.map { Line.wrapped(text, width: max(1, $0 - 8)) } ?? [text]
            return parts.enumerated().map { Line(($0 == 0 ? name : "        ") + $1, style) }
        }
        let broker = !state.head.statistics.broker.connected ? "not reached" : state.head.statistics.broker.blocked ? "alarm" : "connected"
        let window = WorkersCommand.age(.seconds(Int64(min(60, max(1, state.head.statistics.uptime)))))
        let rate = "\(CompactNumber.rate(state.head.statistics.all.throughput))/s in \(window)\(queue(state)) · broker \(broker)"
        return lines("Ledger  ", sum, ledger.balances ? .plain : .bad) + lines("Rate    ", rate, broker == "connected" ? .plain : .bad)
    }

    /// How long tasks waited of late, and since when the one waits that has waited longest.
    private static func queue(_ state: LiveReport) -> String {
        let all = state.head.statistics.all
        let times =
            all.queueP50 == nil ? "" : " · in queue p50 \(CompactNumber.time(all.queueP50)) · p95 \(CompactNumber.time(all.queueP95))"
        guard let oldest = all.oldest else { return times }
        return "\(times) · task \(oldest.id) has waited \(WorkersCommand.age(oldest.age))"
    }

    /// The newest first, under a heading; nothing where there is no room for one.
    private static func events(_ state: LiveReport, _ most: Int) -> [Line] {
        let newest = state.events.reversed().prefix(max(0, most))
        guard !newest.isEmpty else { return [] }
        return [Line(""), Line("EVENTS", .strong)]
            + newest.map { event in
                let style: Line.Style =
                    switch event.kind {
                    case .error: .bad
                    case .warning: .warning
                    case .started, .stopped, .notice: .plain
                    }
                let text = "\(CompactNumber.clock(event.at))  \(event.kind.rawValue), \(event.service): \(event.message)"
                return Line(Terminal.plain(text), style)
            }
    }
}

extension Line {
    /// Filled with spaces to a width, so that a heading goes from side to side.
    fileprivate func padded(to width: Int) -> Line { Line(text + String(repeating: " ", count: max(0, width - text.count)), style) }
}
