/// A text as one word of a POSIX shell's command line, for commands that are printed to be copied.
package struct ShellWord: CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    /// As it is where no character means something to a shell, else quoted. A text with control characters is written in `$'…'` (POSIX
    /// 2024, bash, zsh), which stays on one line.
    package var description: String {
        if !text.isEmpty, text.utf8.allSatisfy(Self.isPlain) { return text }
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            return "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
        }
        return "$'\(text.utf8.map(Self.escaped).joined())'"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "/._-+:@,%".utf8.contains(byte)
        }
    }

    private static func escaped(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "\\"): "\\\(Character(Unicode.Scalar(byte)))"
        case 0x20...0x7E: String(Character(Unicode.Scalar(byte)))
        default: "\\\(byte >> 6)\(byte >> 3 & 7)\(byte & 7)"
        }
    }
}
