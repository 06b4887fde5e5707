/// A text as one word of a POSIX shell's command line, for commands that are printed to be copied.
package struct ShellWord: CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    /// A path of a folder. It may end with a slash, so that the shell leaves a line feed at its end.
    package init(path: String) {
        text = path.utf8.last == UInt8(ascii: "\n") ? "\(path)/" : path
    }

    /// As it is where no character means something to a shell, else quoted. Characters that would move a terminal's cursor or turn its line
    /// round are left to `printf`, which every POSIX shell has, so that the word is one line. Only a line feed at the end would be lost.
    package var description: String {
        if !text.isEmpty, text.utf8.allSatisfy(Self.isPlain) { return text }
        guard text.unicodeScalars.contains(where: Self.isUnseen) else {
            return "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
        }
        return "\"$(printf '\(text.utf8.map(Self.escaped).joined())')\""
    }

    private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "/._-+:@,%".utf8.contains(byte)
        }
    }

    private static func escaped(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "%"): "%%"
        // A hyphen may begin an option.
        case 0x20...0x7E where !"'\\-".utf8.contains(byte): String(Character(Unicode.Scalar(byte)))
        default: "\\\(byte >> 6)\(byte >> 3 & 7)\(byte & 7)"
        }
    }
}
