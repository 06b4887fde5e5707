/// Failed tasks of one type whose errors are of one group.
public struct FailureGroup: Codable, Sendable, Hashable {
    /// The longest example that is kept, in bytes of UTF-8.
    public static let maximumExampleLength = 300

    public var type: TaskType
    /// The error's text without numbers, ids and quoted texts (``ErrorGroup``).
    public var error: String
    public var count: Int
    /// The error of the newest of them.
    public var example: String
    /// The newest of them, by its id.
    public var newest: TaskID
    /// When the first and the last of them ended.
    public var first: Timestamp
    public var last: Timestamp

    public init(type: TaskType, error: String, count: Int, example: String, newest: TaskID, first: Timestamp, last: Timestamp) {
        self.type = type
        self.error = error
        self.count = count
        self.example = example
        self.newest = newest
        self.first = first
        self.last = last
    }
}

/// Groups of failed tasks that are added up. Bounded: tasks of groups beyond `maximum` are counted together.
public struct FailureGroups: Sendable {
    private struct Name: Hashable {
        let type: TaskType
        let error: String
    }

    public let maximum: Int
    /// How many tasks are in no group.
    public private(set) var others = 0
    private var groups: [Name: FailureGroup] = [:]

    public init(maximum: Int = 1000) {
        self.maximum = maximum
    }

    /// The groups, the largest first.
    public var largestFirst: [FailureGroup] {
        groups.values.sorted { ($1.count, $0.type, $0.error) < ($0.count, $1.type, $1.error) }
    }

    /// How many tasks there are in all.
    public var total: Int { groups.values.reduce(others) { $0 + $1.count } }

    /// Adds tasks.
    ///
    /// - Returns: False where they are of a new group for which there is no room; they are counted among the others.
    @discardableResult
    public mutating func add(_ group: FailureGroup) -> Bool {
        let name = Name(type: group.type, error: group.error)
        guard var known = groups[name] else {
            guard groups.count < maximum else {
                others += group.count
                return false
            }
            groups[name] = group
            return true
        }
        known.count += group.count
        if group.newest > known.newest { (known.newest, known.example) = (group.newest, group.example) }
        known.first = min(known.first, group.first)
        known.last = max(known.last, group.last)
        groups[name] = known
        return true
    }

    /// Whether a task can be added without counting it among the others.
    public func hasRoom(for task: TaskRecord) -> Bool {
        groups.count < maximum || groups[Name(type: task.type, error: ErrorGroup(of: task.failure).description)] != nil
    }

    /// Adds a task that failed.
    public mutating func add(_ task: TaskRecord) {
        let ended = task.completed ?? task.created
        add(
            FailureGroup(
                type: task.type, error: ErrorGroup(of: task.failure).description, count: 1,
                example: task.failure.description.cut(toUTF8: FailureGroup.maximumExampleLength), newest: task.id, first: ended, last: ended
            ))
    }
}

extension TaskRecord {
    fileprivate var failure: TaskError { error ?? TaskError(.failed, "no reason given") }
}
