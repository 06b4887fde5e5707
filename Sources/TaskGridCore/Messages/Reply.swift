package import AMQP
import Foundation

/// The dispatcher's reply to a client: its submission was accepted or rejected, or its tasks have ended.
package struct Reply: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        /// The tasks are durable; their ids are consecutive from `first`. `isRepeat`: the key had been accepted before, and the
        /// endings are told to the client that was first.
        case accepted(first: TaskID, count: Int, isRepeat: Bool = false)
        /// Nothing of the submission was taken.
        case rejected(Rejection)
        /// Tasks have ended.
        case ended([Ending])
    }

    /// `batch` only for tasks that have ended; the other answers are always `single`.
    package var form: MessageForm
    package var type: TaskType
    /// The correlation id of the submission that is answered.
    package var correlation: String?
    package var content: Content

    package init(form: MessageForm, type: TaskType, correlation: String?, content: Content) {
        self.form = form
        self.type = type
        self.correlation = correlation
        self.content = content
    }
}

extension Reply {
    /// The `taskgrid-status` of a batch; each record says how its own task ended.
    private static let ended = "ended"
    /// 0 for a task that ended before it was handed out.
    fileprivate static let attempts = 0...Int(Int32.max)

    package init(_ message: Message) throws(WireError) {
        let properties = message.properties
        let form = try MessageForm(of: message)
        let type = try properties.taskType()
        let name = try properties.requiredText(WireFormat.Header.status)
        let error = try properties.errorText()
        let content: Content
        switch (form, PBStatus(name: name)) {
        case (.single, .accepted):
            let first = try properties.taskID()
            let count = try properties.integer(WireFormat.Header.count, in: 1...Int64(WireFormat.maximumRecords)) ?? 1
            guard first.rawValue <= Int64.max - count else {
                throw WireError(.badProperty, "\(count) task ids from \(first) on are more than there are")
            }
            content = .accepted(first: first, count: Int(count), isRepeat: try properties.flag(WireFormat.Header.isRepeat))
        case (.single, .rejected):
            content = .rejected(Rejection(description: error ?? ""))
        case (.single, let status):
            content = .ended([
                Ending(
                    id: try properties.taskID(), state: try TaskState(ending: status, name: name), result: message.body,
                    error: error.map(TaskError.init(description:)), attempt: try properties.attempt(in: Self.attempts),
                    worker: try properties.text(WireFormat.Header.worker) ?? "",
                    runTime: try properties.runTime()
                )
            ])
        case (.batch, _):
            guard name == Self.ended else {
                throw WireError(.badProperty, "status '\(name.cut(toUTF8: 40))' of a batch is not '\(Self.ended)'")
            }
            content = .ended(try PBBatch.decoded(message.body).records.map { record throws(WireError) in try Ending(record) })
        }
        self.init(
            form: form, type: type, correlation: try properties.optional(properties.correlationID, "correlation-id"), content: content
        )
    }

    /// The answer to a submission that cannot be read. Its type is repeated as it was given, whether or not it is one.
    package static func rejection(of submission: Message, _ error: WireError) -> Message {
        let given = submission.properties
        let headers: [String: FieldValue] = [
            WireFormat.Header.status: .string(PBStatus.rejected.name),
            WireFormat.Header.error: .string(Rejection(.malformed, "\(error)").description),
        ]
        return Message(
            properties: BasicProperties(
                headers: headers, correlationID: given.correlationID?.cut(toUTF8: WireFormat.maximumNameLength),
                type: given.type?.cut(toUTF8: WireFormat.maximumNameLength)
            )
        )
    }

    /// The message to publish to `<p>.reply` with the client's id as its routing key.
    ///
    /// - Precondition: a `single` one speaks of exactly one task.
    package func message() -> Message {
        var properties = BasicProperties(correlationID: correlation, type: type.name)
        switch content {
        case .accepted(let first, let count, let isRepeat):
            properties.messageID = first.description
            properties.headers[WireFormat.Header.status] = .string(PBStatus.accepted.name)
            properties.headers[WireFormat.Header.count] = .int(Int64(count))
            if isRepeat { properties.headers[WireFormat.Header.isRepeat] = true }
            return Message(properties: properties)
        case .rejected(let rejection):
            properties.headers[WireFormat.Header.status] = .string(PBStatus.rejected.name)
            properties.headers[WireFormat.Header.error] = .string(rejection.description)
            return Message(properties: properties)
        case .ended(let endings) where form == .single:
            precondition(endings.count == 1, "a single message carries one task")
            let ending = endings[0]
            properties.messageID = ending.id.description
            properties.headers[WireFormat.Header.status] = .string(ending.state.name)
            properties.headers[WireFormat.Header.error] = ending.error.map { .string($0.description) }
            properties.headers[WireFormat.Header.attempt] = .int(Int64(ending.attempt))
            if !ending.worker.isEmpty { properties.headers[WireFormat.Header.worker] = .string(ending.worker) }
            properties.headers[WireFormat.Header.runTime] = .int(ending.runTime.wireMicroseconds)
            return Message(properties: properties, body: ending.result)
        case .ended(let endings):
            properties.contentType = WireFormat.batchContentType
            properties.headers[WireFormat.Header.status] = .string(Self.ended)
            return Message(
                properties: properties,
                body: PBBatch.encoded(endings) { ending, record in
                    record.id = ending.id.rawValue
                    record.status = PBStatus(ending: ending.state)
                    record.body = ending.result
                    record.error = ending.error?.description ?? ""
                    record.attempt = UInt32(clamping: ending.attempt)
                    record.worker = ending.worker
                    record.runUs = UInt64(ending.runTime.wireMicroseconds)
                }
            )
        }
    }
}

extension Ending {
    fileprivate init(_ record: PBRecord) throws(WireError) {
        let (id, attempt) = try record.identity(attempts: Reply.attempts)
        guard record.worker.utf8.count <= WireFormat.maximumNameLength else {
            throw WireError(.malformedBody, "record of task \(id) with a worker longer than \(WireFormat.maximumNameLength) bytes")
        }
        self.init(
            id: id, state: try TaskState(ending: record.status, name: "\(record.status.rawValue)"), result: record.body,
            error: record.error.isEmpty ? nil : TaskError(description: record.error), attempt: attempt, worker: record.worker,
            runTime: .runTime(microseconds: record.runUs)
        )
    }
}

extension TaskState {
    fileprivate init(ending status: PBStatus?, name: String) throws(WireError) {
        switch status {
        case .succeeded: self = .succeeded
        case .failed: self = .failed
        case .cancelled: self = .cancelled
        case .expired: self = .expired
        default: throw WireError(.badProperty, "status '\(name.cut(toUTF8: 40))' is not the end of a task")
        }
    }
}
