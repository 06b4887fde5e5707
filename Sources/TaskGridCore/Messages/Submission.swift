public import AMQP
public import Foundation

/// What a client asks to be done: one task or many of one type, accepted or rejected as one.
public struct Submission: Hashable, Sendable {
    public struct Task: Hashable, Sendable {
        public var payload: Data
        /// Tries in all, at least 1; nil: the dispatcher's default.
        public var maxAttempts: Int?
        /// How long an attempt may run, a millisecond to a year (`WireFormat.maximumTimeout`); nil: no limit of its own.
        public var timeout: Duration?
        /// 0 to 9; higher goes first.
        public var priority: Int
        /// How long after its acceptance it is handed out at the earliest; at most `WireFormat.maximumDelay`.
        public var delay: Duration?
        /// How long after its acceptance it may be begun, up to `WireFormat.maximumDelay`; zero: not at all.
        public var expiry: Duration?
        /// Not handed out before this time of the wall clock, which a person gave; one that has passed means at once.
        public var due: Timestamp?
        /// Not begun at or after this time of the wall clock, which a person gave.
        public var expires: Timestamp?

        /// One of `delay` and `due` at most, and one of `expiry` and `expires`.
        public init(
            payload: Data, maxAttempts: Int? = nil, timeout: Duration? = nil, priority: Int = 0, delay: Duration? = nil,
            expiry: Duration? = nil, due: Timestamp? = nil, expires: Timestamp? = nil
        ) {
            self.payload = payload
            self.maxAttempts = maxAttempts
            self.timeout = timeout
            self.priority = priority
            self.delay = delay
            self.expiry = expiry
            self.due = due
            self.expires = expires
        }
    }

    public var form: MessageForm
    public var type: TaskType
    /// What makes a repeated submission the same one: a UUID, or any text of its client's up to 255 bytes.
    public var key: String
    /// The id of the client to answer; nil: nobody waits.
    public var client: String?
    /// What the answers carry back.
    public var correlation: String?
    public var tasks: [Task]
    /// What its client says that it asks for; nil: ``Fingerprint/init(_:)`` says it.
    public var fingerprint: Fingerprint?

    public init(
        form: MessageForm, type: TaskType, key: String, client: String? = nil, correlation: String? = nil, tasks: [Task],
        fingerprint: Fingerprint? = nil
    ) {
        self.form = form
        self.type = type
        self.key = key
        self.client = client
        self.correlation = correlation
        self.tasks = tasks
        self.fingerprint = fingerprint
    }
}

extension Submission {
    private static let maximumDelay = WireFormat.maximumDelay.milliseconds
    private static let maximumAttempts = Int64(Int32.max)
    private static let maximumTimeout = WireFormat.maximumTimeout.milliseconds
    private static let maximumTime = WireFormat.maximumTime.rawValue

    public init(_ message: Message) throws(WireError) {
        let properties = message.properties
        let form = try MessageForm(of: message)
        let type = try properties.taskType()
        let key = try properties.required(properties.messageID, "message-id (the submission's key)")
        var tasks: [Task]
        switch form {
        case .single:
            tasks = [
                Task(
                    payload: message.body,
                    maxAttempts: try properties.setting(WireFormat.Header.maxAttempts, upTo: Self.maximumAttempts).map(Int.init),
                    timeout: try properties.setting(WireFormat.Header.timeout, upTo: Self.maximumTimeout).map(Duration.milliseconds),
                    priority: min(Int(properties.priority ?? 0), WireFormat.maximumPriority),
                    delay: try properties.setting(WireFormat.Header.delay, upTo: Self.maximumDelay).map(Duration.milliseconds),
                    expiry: try properties.integer(WireFormat.Header.expiry, in: 0...Self.maximumDelay).map(Duration.milliseconds),
                    due: try properties.setting(WireFormat.Header.due, upTo: Self.maximumTime).map(Timestamp.init(rawValue:)),
                    expires: try properties.setting(WireFormat.Header.expires, upTo: Self.maximumTime).map(Timestamp.init(rawValue:))
                )
            ]
        case .batch:
            let records = try PBBatch.decoded(message.body).records
            tasks = []
            tasks.reserveCapacity(records.count)
            for record in records {
                tasks.append(
                    Task(
                        payload: record.body,
                        maxAttempts: try record.setting(record.maxAttempts, "max_attempts", upTo: Self.maximumAttempts).map(Int.init),
                        timeout: try record.setting(record.timeoutMs, "timeout_ms", upTo: Self.maximumTimeout).map(Duration.milliseconds),
                        priority: min(Int(record.priority), WireFormat.maximumPriority),
                        delay: try record.setting(record.delayMs, "delay_ms", upTo: Self.maximumDelay).map(Duration.milliseconds),
                        expiry: try record.expiry(upTo: Self.maximumDelay).map(Duration.milliseconds),
                        due: try record.setting(record.dueMs, "due_ms", upTo: Self.maximumTime).map(Timestamp.init(rawValue:)),
                        expires: try record.setting(record.expiresMs, "expires_ms", upTo: Self.maximumTime).map(Timestamp.init(rawValue:))
                    )
                )
            }
        }
        for task in tasks {
            guard task.delay == nil || task.due == nil else { throw WireError(.badProperty, "a task with both a delay and a due time") }
            guard task.expiry == nil || task.expires == nil else {
                throw WireError(.badProperty, "a task that expires both after some time and at a time")
            }
        }
        self.init(
            form: form, type: type, key: key,
            client: try properties.optional(properties.replyTo, "reply-to (the client's id)", atMost: WireFormat.maximumIDLength),
            correlation: try properties.optional(properties.correlationID, "correlation-id"), tasks: tasks,
            fingerprint: try properties.fingerprint()
        )
    }

    /// The message to publish to `<p>.submit` with the type as its routing key.
    ///
    /// - Precondition: a `single` one holds exactly one task.
    public func message() -> Message {
        var properties = BasicProperties(
            isPersistent: true, correlationID: correlation, replyTo: client, messageID: key, type: type.name
        )
        properties.headers[WireFormat.Header.fingerprint] = fingerprint.map { .string($0.description) }
        switch form {
        case .single:
            precondition(tasks.count == 1, "a single message carries one task")
            let task = tasks[0]
            properties.headers[WireFormat.Header.maxAttempts] = task.maxAttempts.map { .int(Int64(wireAttempts($0))) }
            properties.headers[WireFormat.Header.timeout] = task.timeout.map { .int($0.wireTimeout) }
            properties.headers[WireFormat.Header.delay] = task.delay.map { .int($0.wireDelay) }
            properties.headers[WireFormat.Header.expiry] = task.expiry.map { .int($0.wireDelay) }
            properties.headers[WireFormat.Header.due] = task.due.map { .int($0.wireTime) }
            properties.headers[WireFormat.Header.expires] = task.expires.map { .int($0.wireTime) }
            if task.priority > 0 { properties.priority = UInt8(clamping: task.priority) }
            return Message(properties: properties, body: task.payload)
        case .batch:
            properties.contentType = WireFormat.batchContentType
            return Message(
                properties: properties,
                body: PBBatch.encoded(tasks) { task, record in
                    record.body = task.payload
                    record.maxAttempts = task.maxAttempts.map(wireAttempts) ?? 0
                    record.timeoutMs = task.timeout.map { UInt64($0.wireTimeout) } ?? 0
                    record.priority = UInt32(clamping: task.priority)
                    record.delayMs = task.delay.map { UInt64($0.wireDelay) } ?? 0
                    if let expiry = task.expiry { record.expiryMs = UInt64(expiry.wireDelay) }
                    record.dueMs = task.due?.wireTime ?? 0
                    record.expiresMs = task.expires?.wireTime ?? 0
                }
            )
        }
    }

    private func wireAttempts(_ attempts: Int) -> UInt32 { UInt32(min(max(1, attempts), Int(Int32.max))) }
}
