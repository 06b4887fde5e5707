import Foundation

/// The one way of text from elsewhere to a terminal, a log or JSON: without what would move the cursor, end the line, change the direction
/// of writing or not be seen.
extension Terminal {
    /// For one line: each such character becomes a dot.
    static func plain(_ text: String) -> String {
        replacing(in: text) { _ in "·" }
    }

    /// For several lines: line feeds and tabs stay.
    static func plainLines(_ text: String) -> String {
        replacing(in: text) { $0 == "\n" || $0 == "\r\n" || $0 == "\t" ? String($0) : "·" }
    }

    /// For JSON, where such characters stand in strings alone: each becomes an escape sequence, which means the same.
    static func plainJSON(_ json: Data) -> Data {
        if json.allSatisfy(isPrintable) { return json }
        let text = replacing(in: String(decoding: json, as: UTF8.self)) { character in
            // Between values a line feed or a tab stays.
            character.unicodeScalars.map { "\n\r\t".unicodeScalars.contains($0) ? String($0) : escaped($0) }.joined()
        }
        return Data(text.utf8)
    }

    private static func isPrintable(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        guard !isPlain(scalar) else { return String(scalar) }
        return String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }

    private static func replacing(in text: String, _ replacement: (Character) -> String) -> String {
        if text.utf8.allSatisfy(isPrintable) { return text }
        var result = ""
        for character in text {
            if isPlain(character) { result.append(character) } else { result += replacement(character) }
        }
        return result
    }

    /// Within a character, a joiner is part of how it is written.
    private static func isPlain(_ character: Character) -> Bool {
        let scalars = character.unicodeScalars
        return scalars.allSatisfy { scalar in
            isPlain(scalar) || (scalar == "\u{200C}" || scalar == "\u{200D}") && scalars.count > 1
        }
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .format: false
        default: true
        }
    }
}
