/// The kind of an error: its text with numbers and ids replaced by `#`, so that errors which differ in them alone are one group.
///
/// `element 7 is a string` and `element 12 is a string` are both `element # is a string`. A word of eight or more hexadecimal digits, one of
/// which is from 0 to 9, counts as an id, and so does a UUID. The text is cut to ``maximumLength``.
public struct ErrorGroup: Hashable, Sendable, CustomStringConvertible {
    /// The longest text of a group, in bytes of UTF-8.
    public static let maximumLength = 200

    public let description: String

    /// The group of an error.
    public init(of error: TaskError) {
        self.init(text: error.description)
    }

    /// The group of a text, which may be a group's already.
    public init(text: String) {
        var group: [UInt8] = []
        var word: [UInt8] = []
        for byte in text.utf8.prefix(4 * Self.maximumLength) {
            if byte.isPartOfWord {
                word.append(byte)
            } else {
                group.append(word: word)
                word = []
                group.append(byte)
            }
        }
        group.append(word: word)
        // A cut may have halved a character.
        description = String(decoding: group, as: UTF8.self).cut(toUTF8: Self.maximumLength)
    }

    /// Whether an error is of this group.
    public func contains(_ error: TaskError) -> Bool { ErrorGroup(of: error) == self }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    fileprivate var isHexadecimal: Bool { isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20) }
    /// Letters of ASCII, digits, and the hyphens of UUIDs and dates.
    fileprivate var isPartOfWord: Bool {
        isDigit || self == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
}

extension [UInt8] {
    /// Adds a word: `#` for an id, otherwise with `#` for each run of digits.
    fileprivate mutating func append(word: [UInt8]) {
        guard word.contains(where: \.isDigit) else { return append(contentsOf: word) }
        let digits = word.count { $0.isHexadecimal }
        let hyphens = word.count { $0 == UInt8(ascii: "-") }
        guard digits < 8 || digits + hyphens < word.count else { return appendMark() }
        for byte in word { if byte.isDigit { appendMark() } else { append(byte) } }
    }

    /// One mark for what follows one another.
    private mutating func appendMark() {
        if last != UInt8(ascii: "#") { append(UInt8(ascii: "#")) }
    }
}
