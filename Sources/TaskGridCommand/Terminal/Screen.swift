@preconcurrency import Dispatch
import Foundation

/// The terminal as a whole screen: drawn by one write a frame, and given back as it was found.
///
/// In between, keys come at once and unseen, the cursor is hidden, and the alternate screen keeps what stood there before (xterm's
/// control sequences; those that a terminal does not know, it ignores).
final class Screen: Sendable {
    private static let begin = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J"
    private static let end = "\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"
    /// So that all of a frame is shown at once.
    private static let beginFrame = "\u{1B}[?2026h\u{1B}[H"
    private static let endFrame = "\u{1B}[J\u{1B}[?2026l"
    private static let endLine = "\u{1B}[K"

    private let input: Int32
    private let found: termios
    /// Whether colours are wanted (https://no-color.org).
    private let isColoured: Bool

    /// - Returns: nil where input or output is no terminal, or one that cannot move its cursor.
    init?(input: Int32 = STDIN_FILENO, environment: [String: String] = ProcessInfo.processInfo.environment) {
        var found = termios()
        guard Terminal.size(STDOUT_FILENO) != nil, tcgetattr(input, &found) == 0 else { return nil }
        guard let kind = environment["TERM"], !kind.isEmpty, kind != "dumb" else { return nil }
        self.input = input
        self.found = found
        isColoured = (environment["NO_COLOR"] ?? "").isEmpty
    }

    /// Takes the terminal; also again, where another program had it meanwhile.
    func enter() async throws(BrokenOutput) {
        var raw = found
        cfmakeraw(&raw)
        tcsetattr(input, TCSANOW, &raw)
        try await Output.standard.write(Self.begin)
    }

    /// Gives it back. Output that cannot be written has nobody to see it.
    func leave() async {
        restoreMode()
        try? await Output.standard.write(Self.end)
    }

    /// Only the mode: that much can be done where the terminal takes no more.
    func restoreMode() {
        var found = found
        tcsetattr(input, TCSANOW, &found)
    }

    /// Columns and rows as they are now.
    var size: (columns: Int, rows: Int) {
        let size = Terminal.size(STDOUT_FILENO)
        // One that does not know its rows is taken for as high as they used to be.
        return (size?.columns ?? 80, size.map { $0.rows > 0 ? $0.rows : 24 } ?? 24)
    }

    /// Draws a frame over the one before.
    func draw(_ lines: [Line]) async throws(BrokenOutput) {
        try await Output.standard.write(Self.frame(lines, isColoured: isColoured))
    }

    static func frame(_ lines: [Line], isColoured: Bool) -> String {
        let text = lines.map { $0.coloured(isColoured) + endLine }.joined(separator: "\r\n")
        return beginFrame + text + endFrame
    }

    /// The bytes that are typed, until the terminal is gone.
    func typed() -> AsyncStream<[UInt8]> {
        AsyncStream(bufferingPolicy: .bufferingOldest(64)) { [input] continuation in
            let source = DispatchSource.makeReadSource(fileDescriptor: input, queue: DispatchQueue(label: "keys"))
            source.setEventHandler {
                var bytes = [UInt8](repeating: 0, count: 1024)
                let count = read(input, &bytes, bytes.count)
                if count > 0 {
                    continuation.yield(Array(bytes.prefix(count)))
                } else if count == 0 || errno != EINTR && errno != EAGAIN {
                    continuation.finish()
                }
            }
            continuation.onTermination = { _ in source.cancel() }
            source.activate()
        }
    }
}
