import Foundation
import Synchronization

/// How far a long piece of work is, on standard error, drawn over itself; nothing where that is no terminal.
final class ProgressBar: Sendable {
    private struct State {
        var done = 0
        var failed = 0
        /// From 0 to 1, where it is known.
        var fraction: Double?
        /// The present activity, in words.
        var note = ""
        var drawn: ContinuousClock.Instant?
        var isShown = false
        /// Other lines are being written.
        var isHidden = false
    }

    /// The least time between two drawings.
    private static let interval = Duration.milliseconds(100)

    private let what: String
    private let started = ContinuousClock.now
    private let width: Int?
    private let state = Mutex(State())

    /// `what`: what is counted, such as `tasks`.
    init(_ what: String, isWanted: Bool = true) {
        self.what = what
        width = isWanted ? Terminal.width(STDERR_FILENO) : nil
    }

    /// `share`: how much of the whole this was, from 0 to 1, where that is known.
    func advance(by count: Int = 1, failed: Int = 0, share: Double? = nil) {
        guard let width else { return }
        state.withLock { state in
            state.done += count
            state.failed += failed
            if let share { state.fraction = min(1, (state.fraction ?? 0) + share) }
            let now = ContinuousClock.now
            if let drawn = state.drawn, now < drawn + Self.interval { return }
            state.drawn = now
            draw(&state, width)
        }
    }

    /// Shows from now on what happens, in words.
    func note(_ text: String) {
        guard let width else { return }
        state.withLock { state in
            state.note = text
            draw(&state, width)
        }
    }

    /// Takes the bar away while `body` writes other lines to the terminal.
    func hidden(_ body: () async throws -> Void) async rethrows {
        state.withLock { state in
            state.isHidden = true
            erase(&state)
        }
        defer {
            state.withLock { state in
                state.isHidden = false
                if let width, state.drawn != nil { draw(&state, width) }
            }
        }
        try await body()
    }

    /// Takes the bar away, so that other lines may be written.
    func clear() { state.withLock { erase(&$0) } }

    // Both write under the lock: what is drawn and what is taken away come in their order.

    private func draw(_ state: inout State, _ width: Int) {
        guard !state.isHidden else { return }
        state.isShown = true
        let elapsed = ContinuousClock.now - started
        let line = Self.line(
            what, done: state.done, failed: state.failed, fraction: state.fraction, after: elapsed, note: state.note, width: width
        )
        Terminal.draw("\r\(Terminal.plain(line))\u{1B}[K")
    }

    private func erase(_ state: inout State) {
        if state.isShown { Terminal.draw("\r\u{1B}[K") }
        state.isShown = false
    }

    /// The text of the bar, at most `width` - 1 columns of it.
    static func line(
        _ what: String, done: Int, failed: Int, fraction: Double?, after elapsed: Duration, note: String = "", width: Int
    ) -> String {
        let seconds = max(0.001, Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18)
        let count = "\(Terminal.grouped(done)) \(what) · \(Terminal.grouped(Int(Double(done) / seconds)))/s"
        let failures = (failed > 0 ? " · \(Terminal.grouped(failed)) failed" : "") + (note.isEmpty ? "" : " · \(note)")
        guard let fraction else { return String((count + failures).prefix(width - 1)) }
        let numbers = " \(Int(fraction * 100)) % · \(count)\(failures)"
        let room = min(40, width - 1 - numbers.count)
        guard room >= 10 else { return String(numbers.dropFirst().prefix(width - 1)) }
        let filled = Int(Double(room) * fraction)
        return String(repeating: "█", count: filled) + String(repeating: "░", count: room - filled) + numbers
    }
}
