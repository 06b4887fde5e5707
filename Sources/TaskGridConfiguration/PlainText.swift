import TaskGridCore

/// The one way of text from elsewhere to a terminal or a log: without what would move the cursor, end the line, change the direction of
/// writing or not be seen. `JSON.visible` is that of JSON.
package enum PlainText {
    /// For one line: each such character becomes a dot.
    package static func line(_ text: String) -> String {
        replacing(in: text) { _ in "·" }
    }

    /// For several lines: line feeds and tabs stay.
    package static func lines(_ text: String) -> String {
        replacing(in: text) { $0 == "\n" || $0 == "\r\n" || $0 == "\t" ? String($0) : "·" }
    }

    private static func isPrintable(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) }

    private static func replacing(in text: String, _ replacement: (Character) -> String) -> String {
        if text.utf8.allSatisfy(isPrintable) { return text }
        var result = ""
        for character in text {
            if character.isVisible { result.append(character) } else { result += replacement(character) }
        }
        return result
    }
}
