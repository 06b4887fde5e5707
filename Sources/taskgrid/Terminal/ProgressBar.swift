import Foundation
import Synchronization

/// How far a long piece of work is, on standard error, drawn over itself; nothing where that is no terminal.
final class ProgressBar: Sendable {
    private struct State {
        var done = 0
        var failed = 0
        /// From 0 to 1, where it is known.
        var fraction: Double?
        var drawn: ContinuousClock.Instant?
        var isShown = false
    }

    /// The least time between two drawings.
    private static let interval = Duration.milliseconds(100)

    private let what: String
    private let started = ContinuousClock.now
    private let width: Int?
    private let state = Mutex(State())

    /// - Parameter what: what is counted, such as `tasks`.
    init(_ what: String, isWanted: Bool = true) {
        self.what = what
        width = isWanted ? Terminal.width(STDERR_FILENO) : nil
    }

    func advance(by count: Int = 1, failed: Int = 0) {
        update { state in
            state.done += count
            state.failed += failed
        }
    }

    func set(fraction: Double) { update { $0.fraction = min(1, max(0, fraction)) } }

    /// Takes the bar away, so that other lines may be written.
    func clear() {
        let isShown = state.withLock { state in
            defer { state.isShown = false }
            return state.isShown
        }
        if isShown { Terminal.tell("\r\u{1B}[K") }
    }

    private func update(_ change: (inout State) -> Void) {
        guard let width else { return }
        let now = ContinuousClock.now
        let line: String? = state.withLock { state in
            change(&state)
            if let drawn = state.drawn, now < drawn + Self.interval { return nil }
            state.drawn = now
            state.isShown = true
            return Self.line(
                what, done: state.done, failed: state.failed, fraction: state.fraction, after: now - started, width: width
            )
        }
        if let line { Terminal.tell("\r\(line)\u{1B}[K") }
    }

    /// The text of the bar, at most `width` - 1 columns of it.
    static func line(_ what: String, done: Int, failed: Int, fraction: Double?, after elapsed: Duration, width: Int) -> String {
        let seconds = max(0.001, Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18)
        let count = "\(Terminal.grouped(done)) \(what) · \(Terminal.grouped(Int(Double(done) / seconds)))/s"
        let failures = failed > 0 ? " · \(Terminal.grouped(failed)) failed" : ""
        guard let fraction else { return String((count + failures).prefix(width - 1)) }
        let numbers = " \(Int(fraction * 100)) % · \(count)\(failures)"
        let room = min(40, width - 1 - numbers.count)
        guard room >= 10 else { return String(numbers.dropFirst().prefix(width - 1)) }
        let filled = Int(Double(room) * fraction)
        return String(repeating: "█", count: filled) + String(repeating: "░", count: room - filled) + numbers
    }
}
