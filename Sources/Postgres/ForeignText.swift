/// Text that the server or libpq gave, as errors and logs show it: one line, bounded, without characters that a terminal obeys, and without
/// the connection's secrets.
enum ForeignText {
    static let limit = 500

    /// - Parameters:
    ///   - text: the text as it came.
    ///   - secrets: what must not be shown.
    static func plain(_ text: String, without secrets: [String] = []) -> String {
        // Before it is cut, so that no half of a secret stays.
        var text = text
        for secret in secrets where !secret.isEmpty { text = text.replacing(secret, with: "***") }
        var plain = ""
        var count = 0
        var isSpace = true
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace {
                if !isSpace { plain.unicodeScalars.append(" ") }
                isSpace = true
                continue
            }
            guard count < limit else {
                plain.append("…")
                break
            }
            isSpace = false
            count += 1
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
                plain.unicodeScalars.append("\u{FFFD}")
            default:
                plain.unicodeScalars.append(scalar)
            }
        }
        return plain.last == " " ? String(plain.dropLast()) : plain
    }

    /// libpq's lines as sentences of one line. Those of the server's place in its source are left out, and the question whether the server
    /// runs, which errors ask by themselves.
    static func sentences(_ text: String) -> String {
        var sentences: [String] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.drop(while: \.isWhitespace)
            guard !words.isEmpty, !words.hasPrefix("LOCATION: "), !words.hasPrefix("Is the server running") else { continue }
            // libpq indents what goes on.
            if line.first?.isWhitespace == true, words.first?.isLowercase == true, let before = sentences.popLast() {
                sentences.append("\(before) \(words)")
            } else {
                sentences.append(String(words))
            }
        }
        return sentences.joined(separator: "; ")
    }

    /// A plain text without what stands between the first and the last quotation mark. libpq quotes the settings that it cannot read, and
    /// a password may be among them; the server quotes values.
    static func withoutQuotations(_ text: String) -> String {
        let text = plain(text)
        let isMark = { (character: Character) in "\"'«»„“”‚‘’".contains(character) }
        guard let first = text.firstIndex(where: isMark), let last = text.lastIndex(where: isMark) else { return text }
        // A single mark is the beginning of a quotation that was cut, and so may be the last one of a text that was cut.
        let isCut = first == last || text.last == "…"
        return "\(text[..<first])'…'\(isCut ? "" : text[text.index(after: last)...])"
    }
}
