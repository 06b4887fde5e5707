import BigInt
import TaskGridCore

/// Reads a JSON array of numbers (RFC 8259), one number after the other, without recursion and without rounding.
struct NumberArray {
    /// The most digits that one number may have.
    static let maximumDigits = 10_000
    /// The largest exponent, either way.
    static let maximumExponent = 10_000

    enum Number {
        /// An integer of at most 18 digits, which any `Int` holds.
        case small(Int)
        case exact(Decimal)
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var element = 0
    private var isAtEnd = false

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        // A byte order mark may stand before a JSON text, and means nothing (RFC 8259, 8.1).
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// The next number; nil after the last.
    mutating func next() throws(TaskError) -> Number? {
        guard !isAtEnd else { return nil }
        if element == 0 {
            skipSpace()
            guard let byte = peek else { throw invalid("the payload is empty, not an array of numbers") }
            guard byte == "[" else { throw invalid("the payload is \(kind(byte)), not an array of numbers") }
            position += 1
            skipSpace()
            if peek == "]" { return try end() }
        } else {
            skipSpace()
            switch peek {
            case "]": return try end()
            case ",": position += 1
            case nil: throw invalid("the array does not end")
            case let byte?: throw invalid("\(shown(byte)) at byte \(position), where ',' or ']' has to be")
            }
            skipSpace()
        }
        guard let byte = peek else { throw invalid("the array does not end") }
        guard byte == "-" || byte.isDigit else { throw invalid("element \(element) is \(kind(byte)), not a number") }
        let number = try number()
        element += 1
        return number
    }

    private mutating func end() throws(TaskError) -> Number? {
        position += 1
        skipSpace()
        if let byte = peek { throw invalid("\(shown(byte)) at byte \(position), after the end of the array") }
        isAtEnd = true
        return nil
    }

    // MARK: A number

    private mutating func number() throws(TaskError) -> Number {
        let isNegative = peek == "-"
        if isNegative { position += 1 }
        let whole = try digits("an integer part")
        if whole.count > 1, bytes[whole.lowerBound] == UInt8(ascii: "0") { throw invalid("element \(element) has a leading zero") }
        var fraction = position..<position
        if peek == "." {
            position += 1
            fraction = try digits("digits after its point")
        }
        let exponent = try exponent()
        guard whole.count + fraction.count <= Self.maximumDigits else {
            throw invalid("element \(element) has more than \(Self.maximumDigits) digits")
        }
        if fraction.isEmpty, exponent == 0, whole.count <= 18 {
            let magnitude = integer(whole)
            return .small(isNegative ? -magnitude : magnitude)
        }
        let text = String(decoding: bytes[whole], as: UTF8.self) + String(decoding: bytes[fraction], as: UTF8.self)
        let magnitude = BigInt(text) ?? 0
        return .exact(Decimal(isNegative ? -magnitude : magnitude, exponent: exponent - fraction.count))
    }

    private mutating func exponent() throws(TaskError) -> Int {
        guard peek == "e" || peek == "E" else { return 0 }
        position += 1
        let isNegative = peek == "-"
        if isNegative || peek == "+" { position += 1 }
        let range = try digits("digits in its exponent")
        // Cut off before it can overflow: what is above the limit is above it with more digits too.
        let magnitude = integer(range, upTo: Self.maximumExponent + 1)
        guard magnitude <= Self.maximumExponent else {
            throw invalid("element \(element) has an exponent beyond \(Self.maximumExponent)")
        }
        return isNegative ? -magnitude : magnitude
    }

    /// One digit or more.
    private mutating func digits(_ what: String) throws(TaskError) -> Range<Int> {
        let start = position
        while let byte = peek, byte.isDigit { position += 1 }
        guard position > start else { throw invalid("element \(element) is not a number: it lacks \(what)") }
        return start..<position
    }

    // MARK: Bytes

    /// The byte at the position as the character that it is in ASCII, so that a parser reads as its grammar does.
    private var peek: Unicode.Scalar? { position < bytes.count ? Unicode.Scalar(bytes[position]) : nil }

    /// The integer that the digits of the range make, up to a bound.
    private func integer(_ range: Range<Int>, upTo bound: Int = .max) -> Int {
        range.reduce(0) { min($0 * 10 + Int(bytes[$1] - UInt8(ascii: "0")), bound) }
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == " " || byte == "\t" || byte == "\n" || byte == "\r" { position += 1 }
    }

    private func invalid(_ message: String) -> TaskError { TaskError(.invalidInput, message) }

    /// The kind of the value at the position, which begins with this byte.
    private func kind(_ byte: Unicode.Scalar) -> String {
        switch byte {
        case "\"": return "a string"
        case "[": return "an array"
        case "{": return "an object"
        case "-", "0"..."9": return "a number"
        default: break
        }
        let word = String(
            decoding: bytes[position...].prefix(21).prefix { Unicode.Scalar($0).properties.isAlphabetic && $0 < 0x80 }, as: UTF8.self)
        switch word {
        case "true", "false": return "a boolean"
        case "null": return "null"
        case "": return "no JSON value (\(shown(byte)))"
        default: return "no JSON value ('\(word.count > 20 ? "\(word.prefix(20))…" : word)')"
        }
    }

    private func shown(_ byte: Unicode.Scalar) -> String {
        // Not as a number alone, which would look like a place.
        (" "..."~").contains(byte)
            ? "'\(byte)'" : "the byte 0x\(byte.value < 16 ? "0" : "")\(String(byte.value, radix: 16, uppercase: true))"
    }
}

extension Unicode.Scalar {
    fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
}
