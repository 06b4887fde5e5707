/// The secret of a token that a request shows to the monitor.
package enum MonitorToken {
    /// The least bytes of one: a shorter one could be guessed.
    package static let minimumLength = 16
    /// The form of a token, in words for errors.
    package static let what = "a token has \(minimumLength) bytes or more, ASCII without spaces"

    /// Whether a text can be one: long enough, and ASCII without spaces.
    package static func isToken(_ text: String) -> Bool {
        text.utf8.count >= minimumLength && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// Letters and digits that nobody takes for each other; 32 of them, so that each stands for five bits.
    private static let letters = Array("abcdefghjkmnpqrstuvwxyz234567890")

    /// A new one, of 160 bits from the system's generator.
    package static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return String((0..<32).map { _ in letters[Int.random(in: letters.indices, using: &generator)] })
    }
}
