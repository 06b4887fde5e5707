import TaskGridConfiguration

/// Text from elsewhere as a terminal shows it: see `PlainText`.
extension Terminal {
    /// For one line.
    static func plain(_ text: String) -> String { PlainText.line(text) }

    /// For several lines.
    static func plainLines(_ text: String) -> String { PlainText.lines(text) }

    /// Whether a text has what `plain(_:)` writes for a character that cannot be seen.
    static func mayStandForUnseen(_ text: String) -> Bool { text.contains("·") }
}
