import TaskGridCore

/// How the value of a configuration key is written.
package struct ValueKind<Value>: Sendable {
    /// The expected form of a text, for the error that refuses another one.
    package let what: String
    /// The texts that it can be, where they are few.
    package let choices: [String]
    /// Whether errors keep the text to themselves.
    package let isSecret: Bool
    /// Whether it begins with a digit, so that a word which begins with '-' is a negative one and no option.
    package let isNumber: Bool
    package let read: @Sendable (String) -> Value?
    package let write: @Sendable (Value) -> String

    /// - Parameters:
    ///   - what: the expected form of a text.
    ///   - choices: the texts that it can be; empty: they are many.
    ///   - isSecret: whether errors keep the text to themselves.
    ///   - isNumber: whether it begins with a digit.
    ///   - read: makes the value of a text; nil: the text is of another form.
    ///   - write: makes the text of a value.
    package init(
        what: String, choices: [String] = [], isSecret: Bool = false, isNumber: Bool = false,
        read: @escaping @Sendable (String) -> Value?, write: @escaping @Sendable (Value) -> String
    ) {
        self.what = what
        self.choices = choices
        self.isSecret = isSecret
        self.isNumber = isNumber
        self.read = read
        self.write = write
    }
}

extension ValueKind where Value == String {
    /// Any text.
    package static var text: ValueKind { text("a text") { _ in true } }

    /// The path of a file or a folder.
    package static var path: ValueKind { text("the path of a file or folder") { !$0.isEmpty } }

    /// The name of a host: letters, digits, `-` and `_` in parts between dots (RFC 1123, and the names of containers), at most 253 bytes.
    package static var hostName: ValueKind {
        text("a list of host names, without ports") { text in
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            return text.utf8.count <= 253
                && parts.allSatisfy { part in
                    (1...63).contains(part.utf8.count) && part.utf8.allSatisfy { $0 < 0x80 }
                        && part.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
                }
        }
    }

    package static func text(_ what: String, isSecret: Bool = false, _ isValid: @escaping @Sendable (String) -> Bool) -> ValueKind {
        ValueKind(what: what, isSecret: isSecret, read: { isValid($0) ? $0 : nil }, write: { $0 })
    }
}

extension ValueKind where Value == Int {
    package static func integer(_ range: ClosedRange<Int>) -> ValueKind {
        ValueKind(
            what: "a whole number from \(range.lowerBound) to \(range.upperBound)", isNumber: true,
            read: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }, write: { "\($0)" }
        )
    }
}

extension ValueKind where Value == Double {
    /// A ratio, written as a whole number of percent from 1 to 100.
    package static var percent: ValueKind {
        let percent = ValueKind<Int>.integer(1...100)
        return ValueKind(
            what: percent.what, isNumber: true, read: { percent.read($0).map { Double($0) / 100 } },
            write: { "\(Int(($0 * 100).rounded()))" }
        )
    }
}

extension ValueKind where Value == Duration {
    package static var duration: ValueKind {
        ValueKind(what: DurationText.whatAtMost, isNumber: true, read: DurationText.read, write: DurationText.write)
    }
}

extension ValueKind where Value: RawRepresentable<String> & CaseIterable & Sendable {
    /// One of an enumeration's cases, by its raw value.
    package static var choice: ValueKind {
        let choices = Value.allCases.map(\.rawValue)
        return ValueKind(what: oneOf(choices), choices: choices, read: { Value(rawValue: $0) }, write: \.rawValue)
    }
}

extension ValueKind where Value == Bool {
    /// One of two words, the first of which is true.
    package static func choice(_ yes: String, or no: String) -> ValueKind {
        ValueKind(
            what: oneOf([yes, no]), choices: [yes, no], read: { $0 == yes ? true : $0 == no ? false : nil }, write: { $0 ? yes : no }
        )
    }
}

extension ValueKind {
    /// A value that may be absent.
    package static func optional<Wrapped>(_ kind: ValueKind<Wrapped>) -> ValueKind where Value == Wrapped? {
        ValueKind(
            what: kind.what, choices: kind.choices, isSecret: kind.isSecret, isNumber: kind.isNumber,
            read: { text in kind.read(text).map { .some($0) } },
            write: { $0.map(kind.write) ?? "" }
        )
    }

    private static func oneOf(_ choices: [String]) -> String { "one of \(choices.joined(separator: ", "))" }
}
