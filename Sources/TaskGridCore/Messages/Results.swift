package import AMQP
package import Foundation

/// The results of a worker for tasks that it was handed.
package struct Results: Hashable, Sendable {
    package struct Item: Hashable, Sendable {
        package var id: TaskID
        package var attempt: Int
        /// The one that its work came with; nil: none that can be right.
        package var proof: Proof?
        package var outcome: Outcome
        /// How long the attempt ran.
        package var runTime: Duration

        package init(id: TaskID, attempt: Int, proof: Proof?, outcome: Outcome, runTime: Duration = .zero) {
            self.id = id
            self.attempt = attempt
            self.proof = proof
            self.outcome = outcome
            self.runTime = runTime
        }
    }

    /// The outcome of an attempt.
    package enum Outcome: Hashable, Sendable {
        case succeeded(Data)
        case failed(TaskError)
        /// The delivery was a redelivered one, and was not run.
        case interrupted
        /// Given back by a worker that drains, not started.
        case returned
        /// About to run: the answer to `Work.announce`.
        case started
    }

    package var form: MessageForm
    package var type: TaskType
    package var store: String
    package var worker: String
    /// The user that has published them, as the broker has verified it; nil: nobody has yet.
    package var user: String?
    package var items: [Item]

    package init(form: MessageForm, type: TaskType, store: String, worker: String, items: [Item]) {
        self.form = form
        self.type = type
        self.store = store
        self.worker = worker
        self.items = items
    }
}

extension Results {
    private static let attempts = 1...WireFormat.maximumAttempt

    package init(_ message: Message) throws(WireError) {
        let properties = message.properties
        let form = try MessageForm(of: message)
        let type = try properties.taskType()
        let store = try properties.requiredText(WireFormat.Header.store)
        let worker = try properties.worker()
        var items: [Item] = []
        switch form {
        case .single:
            let status = try properties.requiredText(WireFormat.Header.status)
            let outcome = try Outcome(
                status: PBStatus(name: status), name: status, body: message.body, error: try properties.errorText() ?? ""
            )
            items = [
                Item(
                    id: try properties.taskID(allowsMarker: true), attempt: try properties.attempt(in: Self.attempts),
                    proof: properties.proof, outcome: outcome, runTime: try properties.runTime()
                )
            ]
        case .batch:
            let records = try PBBatch.decoded(message.body).records
            items.reserveCapacity(records.count)
            for record in records {
                let (id, attempt) = try record.identity(attempts: Self.attempts, allowsMarker: true)
                let outcome = try Outcome(status: record.status, name: "\(record.status.rawValue)", body: record.body, error: record.error)
                items.append(
                    Item(
                        id: id, attempt: attempt, proof: record.workProof, outcome: outcome,
                        runTime: .runTime(microseconds: record.runUs)
                    )
                )
            }
        }
        self.init(form: form, type: type, store: store, worker: worker, items: items)
    }

    /// The results that stand for a message that cannot be read, if it names its tasks: their attempts failed.
    package init?(unreadable message: Message, because error: WireError) {
        let properties = message.properties
        let reason = "the worker's result cannot be read: \(error)".cut(toUTF8: TaskError.maximumMessageLength)
        let outcome = Outcome.failed(TaskError(error.code == .tooLarge ? .resultTooLarge : .failed, reason))
        guard let type = try? properties.taskType(), let store = try? properties.requiredText(WireFormat.Header.store),
            let worker = try? properties.worker()
        else { return nil }
        var items: [Item] = []
        if let id = try? properties.taskID(), let attempt = try? properties.attempt(in: Self.attempts) {
            items = [Item(id: id, attempt: attempt, proof: properties.proof, outcome: outcome)]
        } else if properties.contentType == WireFormat.batchContentType, let batch = try? PBBatch.decoded(message.body) {
            for record in batch.records {
                guard let (id, attempt) = try? record.identity(attempts: Self.attempts) else { continue }
                items.append(Item(id: id, attempt: attempt, proof: record.workProof, outcome: outcome))
            }
        }
        guard !items.isEmpty else { return nil }
        self.init(form: items.count == 1 ? .single : .batch, type: type, store: store, worker: worker, items: items)
    }

    /// Takes out the results that have not the proof which `key` makes.
    package mutating func removeUnproven(by key: ProofKey) -> [Item] {
        func isProven(_ item: Item) -> Bool { item.proof == key.proof(of: item.id, attempt: item.attempt, type: type) }
        // Nearly always all are: then nothing is copied.
        guard let first = items.firstIndex(where: { !isProven($0) }) else { return [] }
        let unproven = items[first...].filter { !isProven($0) }
        items[first...].removeAll { !isProven($0) }
        return unproven
    }

    /// The message to publish to `<p>.results` with the type as its routing key.
    ///
    /// - Precondition: a `single` one holds exactly one item.
    package func message(isPersistent: Bool) -> Message {
        var properties = BasicProperties(
            headers: [WireFormat.Header.store: .string(store)], isPersistent: isPersistent, type: type.name, userID: user, appID: worker
        )
        switch form {
        case .single:
            precondition(items.count == 1, "a single message carries one task")
            let item = items[0]
            let (status, body, error) = item.outcome.wire
            properties.messageID = item.id.description
            properties.headers[WireFormat.Header.attempt] = .int(Int64(item.attempt))
            properties.headers[WireFormat.Header.proof] = item.proof.map { .string($0.digest.description) }
            properties.headers[WireFormat.Header.status] = .string(status.name)
            properties.headers[WireFormat.Header.error] = error.map { .string($0) }
            properties.headers[WireFormat.Header.runTime] = .int(item.runTime.wireMicroseconds)
            return Message(properties: properties, body: body)
        case .batch:
            properties.contentType = WireFormat.batchContentType
            return Message(
                properties: properties,
                body: PBBatch.encoded(items) { item, record in
                    let (status, body, error) = item.outcome.wire
                    record.id = item.id.rawValue
                    record.attempt = UInt32(clamping: item.attempt)
                    if let proof = item.proof { record.proof = proof.digest.bytes }
                    record.status = status
                    record.body = body
                    record.error = error ?? ""
                    record.runUs = UInt64(item.runTime.wireMicroseconds)
                }
            )
        }
    }
}

extension Results.Outcome {
    fileprivate init(status: PBStatus?, name: String, body: Data, error: String) throws(WireError) {
        switch status {
        case .succeeded: self = .succeeded(body)
        case .failed: self = .failed(TaskError(description: error))
        case .interrupted: self = .interrupted
        case .returned: self = .returned
        case .started: self = .started
        default: throw WireError(.badProperty, "status '\(name.cut(toUTF8: 40))' is not one that a worker gives")
        }
    }

    fileprivate var wire: (PBStatus, Data, String?) {
        switch self {
        case .succeeded(let result): (.succeeded, result, nil)
        case .failed(let error): (.failed, Data(), error.description)
        case .interrupted: (.interrupted, Data(), nil)
        case .returned: (.returned, Data(), nil)
        case .started: (.started, Data(), nil)
        }
    }
}
