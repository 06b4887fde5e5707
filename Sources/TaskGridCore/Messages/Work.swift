package import AMQP
package import Foundation

/// Tasks of one type on their way to a worker.
package struct Work: Hashable, Sendable {
    package struct Item: Hashable, Sendable {
        package var id: TaskID
        /// The number of this hand-out, from 1.
        package var attempt: Int
        /// Goes back with the result.
        package var proof: Proof
        package var payload: Data
        /// How long the attempt may run; nil: no limit of its own.
        package var timeout: Duration?

        package init(id: TaskID, attempt: Int, proof: Proof, payload: Data, timeout: Duration? = nil) {
            self.id = id
            self.attempt = attempt
            self.proof = proof
            self.payload = payload
            self.timeout = timeout
        }
    }

    package var form: MessageForm
    package var type: TaskType
    /// The identity of the store that holds the tasks; results return it.
    package var store: String
    /// The worker says `started`, and has it confirmed, before it runs these: an earlier attempt took its worker down.
    package var announce: Bool
    /// The worker runs nothing else meanwhile: one more death ends these as poison, and it is to be theirs.
    package var alone: Bool
    package var items: [Item]

    package init(form: MessageForm, type: TaskType, store: String, announce: Bool = false, alone: Bool = false, items: [Item]) {
        self.form = form
        self.type = type
        self.store = store
        self.announce = announce
        self.alone = alone
        self.items = items
    }
}

extension Work {
    /// A marker: a message that runs through a work queue like a task and is none. A queue is first in, first out, so once a
    /// worker has given the marker back, all that was handed out before it has left the queue. A worker that knows nothing
    /// of markers runs an empty payload, and what it says of that says as much.
    ///
    /// `number` tells it from others of its type, and stands where a task's attempt would.
    package static func marker(type: TaskType, store: String, number: Int, key: ProofKey) -> Work {
        let proof = key.proof(of: .marker, attempt: number, type: type)
        return Work(form: .single, type: type, store: store, items: [Item(id: .marker, attempt: number, proof: proof, payload: Data())])
    }

    package var isMarker: Bool { items.count == 1 && items[0].id == .marker }

    private static let attempts = 1...Int(Int32.max)
    private static let maximumTimeout = WireFormat.maximumTimeout.milliseconds

    package init(_ message: Message) throws(WireError) {
        let properties = message.properties
        let form = try MessageForm(of: message)
        let type = try properties.taskType()
        let store = try properties.requiredText(WireFormat.Header.store)
        let items: [Item]
        switch form {
        case .single:
            guard let proof = properties.proof else {
                throw WireError(.invalidProof, "header \(WireFormat.Header.proof) is not 32 hexadecimal digits")
            }
            items = [
                Item(
                    id: try properties.taskID(allowsMarker: true),
                    attempt: try properties.attempt(in: Self.attempts),
                    proof: proof,
                    payload: message.body,
                    timeout: try properties.setting(WireFormat.Header.timeout, upTo: Self.maximumTimeout).map(Duration.milliseconds)
                )
            ]
        case .batch:
            var decoded: [Item] = []
            for record in try PBBatch.decoded(message.body).records {
                let (id, attempt) = try record.identity(attempts: Self.attempts)
                guard let proof = record.workProof else {
                    throw WireError(.invalidProof, "record of task \(id) with a proof of \(record.proof.count) bytes")
                }
                decoded.append(
                    Item(
                        id: id, attempt: attempt, proof: proof, payload: record.body,
                        timeout: try record.setting(record.timeoutMs, "timeout_ms", upTo: Self.maximumTimeout).map(Duration.milliseconds)
                    )
                )
            }
            items = decoded
        }
        self.init(
            form: form, type: type, store: store, announce: try properties.flag(WireFormat.Header.announce),
            alone: try properties.flag(WireFormat.Header.alone), items: items
        )
    }

    /// The message to publish to `<p>.work` with the type as its routing key.
    ///
    /// - Precondition: a `single` one holds exactly one item.
    package func message(isPersistent: Bool) -> Message {
        var properties = BasicProperties(headers: [WireFormat.Header.store: .string(store)], isPersistent: isPersistent, type: type.name)
        if announce { properties.headers[WireFormat.Header.announce] = true }
        if alone { properties.headers[WireFormat.Header.alone] = true }
        switch form {
        case .single:
            precondition(items.count == 1, "a single message carries one task")
            let item = items[0]
            properties.messageID = item.id.description
            properties.headers[WireFormat.Header.attempt] = .int(Int64(item.attempt))
            properties.headers[WireFormat.Header.proof] = .string(item.proof.digest.description)
            properties.headers[WireFormat.Header.timeout] = item.timeout.map { .int($0.wireTimeout) }
            return Message(properties: properties, body: item.payload)
        case .batch:
            properties.contentType = WireFormat.batchContentType
            return Message(
                properties: properties,
                body: PBBatch.encoded(items) { item, record in
                    record.id = item.id.rawValue
                    record.attempt = UInt32(clamping: item.attempt)
                    record.proof = item.proof.digest.bytes
                    record.body = item.payload
                    record.timeoutMs = item.timeout.map { UInt64($0.wireTimeout) } ?? 0
                }
            )
        }
    }
}
