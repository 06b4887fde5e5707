/// Why a submission was not accepted.
public struct Rejection: Error, Hashable, Sendable {
    public enum Code: String, Sendable, Codable {
        case unknownType = "unknown_type"
        case payloadTooLarge = "payload_too_large"
        case empty
        case malformed
        /// The store cannot take it now (full disk, locked file): later may do.
        case storeUnavailable = "store_unavailable"
        /// The store cannot be asked now, and the submission was delivered before: it may have been accepted then.
        case outcomeUnknown = "outcome_unknown"
        /// The user has not the right to submit tasks of the type.
        case forbidden
        /// The key was accepted before, for something else.
        case keyReused = "key_reused"
    }

    public let code: Code
    /// A message: what happened and what to do. It is cut like a `TaskError`'s, because it travels as a header.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message.cut(toUTF8: TaskError.maximumMessageLength)
    }
}

extension Rejection: CustomStringConvertible {
    public var description: String { "\(code.rawValue): \(message)" }

    init(description: String) {
        guard let (name, message) = description.splitAtColon, let code = Code(rawValue: name) else {
            self.init(.malformed, description)
            return
        }
        self.init(code, message)
    }
}
