/// Why an attempt, or a whole task, ended without a result.
public struct TaskError: Error, Hashable, Sendable, Codable {
    /// The kind of failure, which decides whether the task is tried again.
    public enum Code: String, Sendable, Codable, CaseIterable {
        /// The payload is not what the worker takes: no retry can help.
        case invalidInput = "invalid_input"
        /// The worker's code threw.
        case failed
        /// The worker's result is larger than can be sent or read: no retry can help.
        case resultTooLarge = "result_too_large"
        /// The payload is larger than the broker takes: no worker can get it.
        case payloadTooLarge = "payload_too_large"
        /// The attempt ran longer than the task allows.
        case timedOut = "timed_out"
        /// The worker, or its connection, went away under the attempt.
        case interrupted
        /// The task took its worker down too often.
        case poison
        /// Somebody cancelled the task.
        case cancelled
        /// The time by which the task had to be done has passed.
        case expired
    }

    /// The longest message that the grid keeps, in bytes of UTF-8; a longer one is cut at a character.
    public static let maximumMessageLength = 4096

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message.cut(toUTF8: Self.maximumMessageLength)
    }
}

extension TaskError.Code {
    /// Whether the task ends with it, however many attempts are left.
    package var isFinal: Bool {
        switch self {
        case .invalidInput, .resultTooLarge, .payloadTooLarge: true
        case .failed, .timedOut, .interrupted, .poison, .cancelled, .expired: false
        }
    }
}

extension TaskError {
    /// Why a task ends that was not begun in time.
    package static let expiry = TaskError(.expired, "not begun before its expiry")
}

extension TaskError: CustomStringConvertible {
    /// The form that the store and the wire carry: the code, a colon, the message.
    public var description: String { "\(code.rawValue): \(message)" }

    /// Reads back what `description` writes; a text without a known code is a `failed`.
    package init(description: String) {
        if let (name, message) = description.splitAtColon, let code = Code(rawValue: name) {
            self.init(code, message)
        } else {
            self.init(.failed, description)
        }
    }
}

extension TaskError {
    enum CodingKeys: String, CodingKey {
        case code, message
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(try container.decode(Code.self, forKey: .code), try container.decode(String.self, forKey: .message))
    }
}
