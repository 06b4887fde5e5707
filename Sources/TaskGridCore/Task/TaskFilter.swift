/// A choice of tasks: those that fulfil every condition. An empty filter means all.
///
/// In JSON its members are optional, each under its own name; times are milliseconds since 1970.
public struct TaskFilter: Hashable, Sendable {
    public var type: TaskType?
    public var state: TaskState?
    /// Accepted at or after this time.
    public var createdSince: Timestamp?
    /// Accepted before this time.
    public var createdUntil: Timestamp?
    /// Ended at or after this time: only tasks that have ended.
    public var completedSince: Timestamp?
    /// Ended before this time: only tasks that have ended.
    public var completedUntil: Timestamp?
    /// A part of the error's text, of the task or of the latest attempt; the case of ASCII letters makes no difference.
    public var text: String?

    /// The most bytes of ``text``.
    public static let maximumTextLength = 1000

    /// The group that the error is of, of the task or of the latest attempt.
    public var errorGroup: ErrorGroup?
    /// Only tasks that have not ended.
    public var isOpen: Bool

    public init(
        type: TaskType? = nil, state: TaskState? = nil, createdSince: Timestamp? = nil, createdUntil: Timestamp? = nil,
        completedSince: Timestamp? = nil, completedUntil: Timestamp? = nil, text: String? = nil, errorGroup: ErrorGroup? = nil,
        isOpen: Bool = false
    ) {
        self.type = type
        self.state = state
        self.createdSince = createdSince
        self.createdUntil = createdUntil
        self.completedSince = completedSince
        self.completedUntil = completedUntil
        self.text = text
        self.errorGroup = errorGroup
        self.isOpen = isOpen
    }

    /// Whether a text can be looked for: one of 1 to ``maximumTextLength`` bytes without a NUL, at which SQLite's LIKE ends a pattern.
    package static func isValid(text: String) -> Bool { (1...maximumTextLength).contains(text.utf8.count) && !text.utf8.contains(0) }

    /// Whether it asks for more than a type and a state, which alone a store finds without looking at each task.
    package var looksAtEach: Bool {
        createdSince != nil || createdUntil != nil || completedSince != nil || completedUntil != nil || text != nil
            || errorGroup != nil
    }

    /// Whether a task is meant.
    package func matches(_ task: TaskRecord) -> Bool {
        func lies(_ time: Timestamp?, since: Timestamp?, until: Timestamp?) -> Bool {
            guard since != nil || until != nil else { return true }
            guard let time else { return false }
            return since.map { time >= $0 } ?? true && until.map { time < $0 } ?? true
        }
        return type.map { $0 == task.type } ?? true && state.map { $0 == task.status } ?? true
            && lies(task.created, since: createdSince, until: createdUntil)
            && lies(task.completed, since: completedSince, until: completedUntil)
            && text.map { task.error?.description.containsIgnoringCase($0) ?? false } ?? true
            && errorGroup.map { group in task.error.map(group.contains) ?? false } ?? true && !(isOpen && task.status.isTerminal)
    }
}

extension TaskFilter: Codable {
    enum CodingKeys: String, CodingKey {
        case type, state, text
        case isOpen = "open"
        case errorGroup = "error_group"
        case createdSince = "created_since"
        case createdUntil = "created_until"
        case completedSince = "completed_since"
        case completedUntil = "completed_until"
    }

    /// - Throws: `DecodingError` for a text that is not valid, too.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            type: try container.decodeIfPresent(TaskType.self, forKey: .type),
            state: try container.decodeIfPresent(TaskState.self, forKey: .state),
            createdSince: try container.decodeIfPresent(Timestamp.self, forKey: .createdSince),
            createdUntil: try container.decodeIfPresent(Timestamp.self, forKey: .createdUntil),
            completedSince: try container.decodeIfPresent(Timestamp.self, forKey: .completedSince),
            completedUntil: try container.decodeIfPresent(Timestamp.self, forKey: .completedUntil),
            text: try container.decodeIfPresent(String.self, forKey: .text),
            errorGroup: try container.decodeIfPresent(String.self, forKey: .errorGroup).map(ErrorGroup.init(text:)),
            isOpen: try container.decodeIfPresent(Bool.self, forKey: .isOpen) ?? false
        )
        guard text.map(Self.isValid(text:)) ?? true else {
            throw DecodingError.dataCorruptedError(
                forKey: .text, in: container,
                debugDescription: "a text to look for has 1 to \(Self.maximumTextLength) bytes, and no NUL among them"
            )
        }
    }
}

extension TaskFilter {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(type, forKey: .type)
        try container.encodeIfPresent(state, forKey: .state)
        try container.encodeIfPresent(createdSince, forKey: .createdSince)
        try container.encodeIfPresent(createdUntil, forKey: .createdUntil)
        try container.encodeIfPresent(completedSince, forKey: .completedSince)
        try container.encodeIfPresent(completedUntil, forKey: .completedUntil)
        try container.encodeIfPresent(text, forKey: .text)
        try container.encodeIfPresent(errorGroup?.description, forKey: .errorGroup)
        if isOpen { try container.encode(isOpen, forKey: .isOpen) }
    }
}

extension String {
    /// Whether it contains the text, byte by byte except for the case of ASCII letters.
    fileprivate func containsIgnoringCase(_ text: String) -> Bool {
        func lower(_ byte: UInt8) -> UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte }
        let (all, part) = (utf8.map(lower), text.utf8.map(lower))
        guard part.count <= all.count else { return false }
        return (0...all.count - part.count).contains { all[$0..<$0 + part.count].elementsEqual(part) }
    }
}
