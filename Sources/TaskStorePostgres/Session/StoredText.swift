/// Text as it stands in a column. PostgreSQL's text has no NUL, and what clients and workers send may have one: it becomes U+10FFFF and a
/// `0`, and a U+10FFFF two of them. Unicode has no character there, so other texts are as they are.
enum StoredText {
    private static let mark: Unicode.Scalar = "\u{10FFFF}"

    static func stored(_ text: String) -> String {
        // The mark begins with this byte.
        guard text.utf8.contains(where: { $0 == 0 || $0 == 0xF4 }) else { return text }
        return text.unicodeScalars.reduce(into: "") { stored, scalar in
            if scalar == "\0" || scalar == mark { stored.unicodeScalars.append(mark) }
            stored.unicodeScalars.append(scalar == "\0" ? "0" : scalar)
        }
    }

    static func text(_ stored: String) -> String {
        guard stored.utf8.contains(0xF4) else { return stored }
        var text = ""
        var isMarked = false
        for scalar in stored.unicodeScalars {
            if isMarked {
                text.unicodeScalars.append(scalar == "0" ? "\0" : scalar)
                isMarked = false
            } else if scalar == mark {
                isMarked = true
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
