public import Foundation

/// A task as people, JSON and queries see it.
public struct TaskRecord: Hashable, Sendable {
    public var id: TaskID
    public var type: TaskType
    public var payload: Data
    /// The worker's result; nil unless the task succeeded.
    public var result: Data?
    public var status: TaskState
    public var created: Timestamp
    /// When the task ended.
    public var completed: Timestamp?
    /// The number of the latest hand-out; 0 before the first.
    public var attempt: Int
    /// `maxAttempts` among them, always.
    public var settings: TaskSettings
    /// Why it failed; for a task that waits for its retry, why the latest attempt did.
    public var error: TaskError?
    /// The worker that ended it, or that runs it now.
    public var worker: String?
    /// Not handed out before this time.
    public var due: Timestamp?
    /// The key of the submission that brought it.
    public var key: String
    /// The user that submitted it; nil where an earlier version accepted it.
    public var user: String?
    /// Not begun after this time; forgotten once the task has ended.
    public var expires: Timestamp?
    /// Of an ended task: how long the last attempt ran.
    public var runTime: Duration?
    /// Its history, the first one first: only where one task was asked for, and of very many the latest.
    public var attempts: [Attempt]
    /// Why it is not handed out now, for people, though it could run: only where one task was asked for.
    public var held: [String]
    /// How many bytes the whole payload has, where `payload` is only its beginning.
    public var payloadSize: Int?
    /// How many bytes the whole result has, where `result` is only its beginning.
    public var resultSize: Int?

    public init(
        id: TaskID, type: TaskType, payload: Data, result: Data? = nil, status: TaskState, created: Timestamp,
        completed: Timestamp? = nil, attempt: Int = 0, settings: TaskSettings, error: TaskError? = nil, worker: String? = nil,
        due: Timestamp? = nil, key: String, user: String? = nil, expires: Timestamp? = nil, runTime: Duration? = nil,
        attempts: [Attempt] = [],
        held: [String] = [], payloadSize: Int? = nil, resultSize: Int? = nil
    ) {
        self.id = id
        self.type = type
        self.payload = payload
        self.result = result
        self.status = status
        self.created = created
        self.completed = completed
        self.attempt = attempt
        self.settings = settings
        self.error = error
        self.worker = worker
        self.due = due
        self.key = key
        self.user = user
        self.expires = expires
        self.runTime = runTime
        self.attempts = attempts
        self.held = held
        self.payloadSize = payloadSize
        self.resultSize = resultSize
    }
}

extension TaskRecord: Codable {
    /// The names in JSON. Bytes that are UTF-8 stand as text under `payload` and `result`, others as base64 under
    /// `payload_base64` and `result_base64`; so do texts that are mostly control characters, which JSON makes six bytes each.
    /// `payload_bytes` and `result_bytes` are there where the field is cut.
    enum CodingKeys: String, CodingKey {
        case id, type, payload, result, status, attempt, error, worker, due, key, user, expires, attempts, held
        case payloadBase64 = "payload_base64"
        case resultBase64 = "result_base64"
        case created = "timestamp_created"
        case completed = "timestamp_completed"
        case runTime = "run_us"
        case payloadSize = "payload_bytes"
        case resultSize = "result_bytes"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func bytes(_ text: CodingKeys, _ base64: CodingKeys) throws -> Data? {
            if let text = try container.decodeIfPresent(String.self, forKey: text) { return Data(text.utf8) }
            return try container.decodeIfPresent(Data.self, forKey: base64)
        }
        self.init(
            id: try container.decode(TaskID.self, forKey: .id),
            type: try container.decode(TaskType.self, forKey: .type),
            payload: try bytes(.payload, .payloadBase64) ?? Data(),
            result: try bytes(.result, .resultBase64),
            status: try container.decode(TaskState.self, forKey: .status),
            created: try container.decode(Timestamp.self, forKey: .created),
            completed: try container.decodeIfPresent(Timestamp.self, forKey: .completed),
            attempt: try container.decode(Int.self, forKey: .attempt),
            settings: try TaskSettings(from: decoder),
            error: try container.decodeIfPresent(String.self, forKey: .error).map(TaskError.init(description:)),
            worker: try container.decodeIfPresent(String.self, forKey: .worker),
            due: try container.decodeIfPresent(Timestamp.self, forKey: .due),
            key: try container.decode(String.self, forKey: .key),
            user: try container.decodeIfPresent(String.self, forKey: .user),
            expires: try container.decodeIfPresent(Timestamp.self, forKey: .expires),
            runTime: try container.decodeIfPresent(Int64.self, forKey: .runTime).map(Duration.microseconds),
            attempts: try container.decodeIfPresent([Attempt].self, forKey: .attempts) ?? [],
            held: try container.decodeIfPresent([String].self, forKey: .held) ?? [],
            payloadSize: try container.contains(.payloadSize) ? container.count(forKey: .payloadSize) : nil,
            resultSize: try container.contains(.resultSize) ? container.count(forKey: .resultSize) : nil
        )
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        func encode(_ bytes: Data, text: CodingKeys, base64: CodingKeys) throws {
            if let string = JSONContent.text(bytes) {
                try container.encode(string, forKey: text)
            } else {
                try container.encode(bytes, forKey: base64)
            }
        }
        try container.encode(id, forKey: .id)
        try container.encode(type, forKey: .type)
        try container.encode(status, forKey: .status)
        try encode(payload, text: .payload, base64: .payloadBase64)
        if let result { try encode(result, text: .result, base64: .resultBase64) }
        try container.encodeIfPresent(error?.description, forKey: .error)
        try container.encode(created, forKey: .created)
        try container.encodeIfPresent(completed, forKey: .completed)
        try container.encode(attempt, forKey: .attempt)
        try settings.encode(to: encoder)
        try container.encodeIfPresent(worker, forKey: .worker)
        try container.encodeIfPresent(due, forKey: .due)
        try container.encode(key, forKey: .key)
        try container.encodeIfPresent(user, forKey: .user)
        try container.encodeIfPresent(expires, forKey: .expires)
        try container.encodeIfPresent(runTime?.microseconds, forKey: .runTime)
        if !attempts.isEmpty { try container.encode(attempts, forKey: .attempts) }
        if !held.isEmpty { try container.encode(held, forKey: .held) }
        try container.encodeIfPresent(payloadSize, forKey: .payloadSize)
        try container.encodeIfPresent(resultSize, forKey: .resultSize)
    }
}
