/// The kind of an error: its text with numbers and ids replaced by `#` and quoted texts by `…`, so that errors which differ in them alone
/// are one group.
///
/// `element 7 is 'x'` and `element 12 is 'y'` are both `element # is '…'`. A word of eight or more hexadecimal digits, one of which is from
/// 0 to 9, counts as an id, and so does a UUID. `UTF-8` is no number. A quoted text stands between two `'`, `"` or backticks, the first of
/// which follows no letter and no digit: an apostrophe is no quote. The text is cut to ``maximumLength``.
public struct ErrorGroup: Hashable, Sendable, CustomStringConvertible {
    /// The longest text of a group, in bytes of UTF-8.
    public static let maximumLength = 200

    /// Words whose digits are no numbers.
    fileprivate static let names = ["UTF-8", "UTF-16", "UTF-32"].map { Array($0.utf8) }

    public let description: String

    /// The group of an error.
    public init(of error: TaskError) {
        self.init(text: error.description)
    }

    /// The group of a text, which may be a group's already.
    public init(text: String) {
        let bytes = Array(text.utf8.prefix(4 * Self.maximumLength))
        let isCut = text.utf8.count > bytes.count
        var group: [UInt8] = []
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte.isQuote, group.last?.endsName != true,
                let end = bytes[(position + 1)...].firstIndex(of: byte) ?? (isCut ? bytes.count - 1 : nil)
            {
                group += [byte] + "…".utf8 + [byte]
                position = end + 1
            } else if byte.isPartOfWord {
                let word = bytes[position...].prefix(while: \.isPartOfWord)
                group.append(word: Array(word))
                position = word.endIndex
            } else {
                group.append(byte)
                position += 1
            }
        }
        // A cut may have halved a character.
        description = String(decoding: group, as: UTF8.self).cut(toUTF8: Self.maximumLength)
    }

    /// Whether an error is of this group.
    public func contains(_ error: TaskError) -> Bool { ErrorGroup(of: error) == self }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    fileprivate var isHexadecimal: Bool { isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20) }
    private var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
    /// Letters of ASCII, digits, and the hyphens of UUIDs and dates.
    fileprivate var isPartOfWord: Bool { isDigit || self == UInt8(ascii: "-") || isLetter }
    fileprivate var isQuote: Bool { "'\"`".utf8.contains(self) }
    /// A letter, a digit or what stands for one: a quote after it is an apostrophe.
    fileprivate var endsName: Bool { isLetter || isDigit || self == UInt8(ascii: "#") || self >= 0x80 }
}

extension [UInt8] {
    /// Adds a word: `#` for an id, otherwise with `#` for each run of digits.
    fileprivate mutating func append(word: [UInt8]) {
        guard word.contains(where: \.isDigit), !ErrorGroup.names.contains(word) else { return append(contentsOf: word) }
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
