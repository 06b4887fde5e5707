/// A line on the screen.
struct Line: Hashable {
    enum Style: String {
        case plain = ""
        case strong = "1"
        /// Of a table.
        case heading = "7"
        case faint = "2"
        case good = "1;32"
        case warning = "33"
        case bad = "1;31"
    }

    var text: String
    var style: Style

    /// The text as ``Terminal/plain(_:)`` has it.
    init(_ text: String, _ style: Style = .plain) {
        self.text = Terminal.plain(text)
        self.style = style
    }

    /// At most `width` columns of it, with `…` where something is missing.
    func cut(to width: Int?) -> Line {
        guard let width, text.count > width else { return self }
        return Line(width > 0 ? text.prefix(width - 1) + "…" : "", style)
    }

    /// With its colours, by ECMA-48's SGR.
    func coloured(_ isWanted: Bool) -> String { isWanted && style != .plain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text }

    /// A text in lines of at most `width` columns, broken between words where they are shorter than that.
    static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            var word = word
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            while line.isEmpty, word.count > width, width > 0 {
                lines.append(String(word.prefix(width)))
                word = word.dropFirst(width)
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }
}
