package import AMQP
package import Foundation

/// A submission of one task or of many of one type, accepted or rejected as one.
package struct Submission: Hashable, Sendable {
    package struct Task: Hashable, Sendable {
        package var payload: Data
        package var settings: TaskSettings

        package init(payload: Data, settings: TaskSettings = TaskSettings()) {
            self.payload = payload
            self.settings = settings
        }
    }

    package var form: MessageForm
    package var type: TaskType
    /// The user that submits it, as the broker has verified it; empty where that is not known, or left to the connection.
    package var user: String
    /// The idempotency key, which makes a repeated submission the same one: a UUID, or any text of up to 255 bytes.
    package var key: String
    /// The id of the client to answer; nil: nobody waits.
    package var client: String?
    /// The correlation id of the answers.
    package var correlation: String?
    package var tasks: [Task]
    /// The fingerprint that its client has made; nil: ``Fingerprint/init(_:)-(Submission)`` says it.
    package var fingerprint: Fingerprint?
    /// Whether the broker delivers it again: a dispatcher may have accepted it before, and not have come to say so.
    package var isRedelivered = false

    package init(
        form: MessageForm, type: TaskType, user: String = "", key: String, client: String? = nil, correlation: String? = nil, tasks: [Task],
        fingerprint: Fingerprint? = nil
    ) {
        self.form = form
        self.type = type
        self.user = user
        self.key = key
        self.client = client
        self.correlation = correlation
        self.tasks = tasks
        self.fingerprint = fingerprint
    }
}

extension Submission {
    package init(_ message: Message) throws(WireError) {
        let properties = message.properties
        let form = try MessageForm(of: message)
        let type = try properties.taskType()
        let key = try properties.required(properties.messageID, "message-id (the submission's key)")
        let tasks: [Task]
        switch form {
        case .single: tasks = [Task(payload: message.body, settings: try TaskSettings(properties))]
        case .batch: tasks = try Self.tasks(of: try PBBatch.decoded(message.body))
        }
        self.init(
            form: form, type: type, user: properties.userID ?? "", key: key,
            client: try properties.optional(properties.replyTo, "reply-to (the client's id)", atMost: WireFormat.maximumIDLength),
            correlation: try properties.optional(properties.correlationID, "correlation-id"), tasks: tasks,
            fingerprint: try properties.fingerprint()
        )
    }

    /// The message to publish to `<p>.submit` with the type as its routing key.
    ///
    /// - Precondition: a `single` one holds exactly one task.
    package func message() -> Message {
        var properties = BasicProperties(
            isPersistent: true, correlationID: correlation, replyTo: client, messageID: key, type: type.name,
            userID: user.isEmpty ? nil : user
        )
        properties.headers[WireFormat.Header.fingerprint] = fingerprint.map { .string($0.description) }
        switch form {
        case .single:
            precondition(tasks.count == 1, "a single message carries one task")
            tasks[0].settings.add(to: &properties)
            return Message(properties: properties, body: tasks[0].payload)
        case .batch:
            properties.contentType = WireFormat.batchContentType
            return Message(properties: properties, body: batch())
        }
    }

    /// The tasks of a batch, which share what they have in common.
    private static func tasks(of batch: PBBatch) throws(WireError) -> [Task] {
        var settings = [TaskSettings()]
        for message in batch.settings { settings.append(try TaskSettings(message)) }
        var tasks: [Task] = []
        tasks.reserveCapacity(batch.records.count)
        for record in batch.records {
            guard record.settings < settings.count else {
                throw WireError(.malformedBody, "a record names settings \(record.settings) of \(batch.settings.count)")
            }
            tasks.append(Task(payload: record.body, settings: settings[Int(record.settings)]))
        }
        return tasks
    }

    private func batch() -> Data {
        var numbers = [TaskSettings(): UInt32(0)]
        var settings: [PBSettings] = []
        var latest = (settings: TaskSettings(), number: UInt32(0))
        return PBBatch.encoded(tasks) { task, record in
            record.body = task.payload
            if !task.settings.isSame(as: latest.settings) {
                latest = (task.settings, numbers[task.settings] ?? UInt32(settings.count + 1))
                if latest.number > settings.count {
                    settings.append(task.settings.message)
                    numbers[task.settings] = latest.number
                }
            }
            record.settings = latest.number
        } settings: {
            settings
        }
    }
}
