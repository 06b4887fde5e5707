/// Why a message cannot be read. The message goes to `<p>.dead` with this as its reason, and is never delivered again.
package struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case unknownContentType = "unknown_content_type"
        case unknownVersion = "unknown_version"
        case tooLarge = "too_large"
        case malformedBody = "malformed_body"
        case missingProperty = "missing_property"
        case badProperty = "bad_property"
        /// The routing key says something else than the message.
        case typeMismatch = "type_mismatch"
        /// An id, or the word of a service, of another user than the broker says that the publisher is.
        case wrongUser = "wrong_user"
        /// A result without the proof that its work came with.
        case invalidProof = "invalid_proof"
    }

    /// The longest message in bytes of UTF-8; a longer one, which quotes its input, is cut: it travels as a header.
    package static let maximumMessageLength = 1024

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message.cut(toUTF8: Self.maximumMessageLength)
    }

    package var description: String { "\(code.rawValue): \(message)" }
}
