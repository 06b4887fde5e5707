package import AMQP
package import Foundation

/// A worker's message to the registry exchange, as JSON. Each message says everything, so that a nameservice or a
/// dispatcher that starts later knows the worker with its next heartbeat.
public struct RegistryMessage: Hashable, Sendable, Codable {
    /// The kind of the message: the first word of its routing key, and its `type` property.
    package enum Kind: String, Sendable {
        case register, heartbeat, deregister
    }

    /// A task and the attempt of it that a worker holds; in JSON an array of the two numbers.
    public struct Held: Hashable, Sendable, Codable {
        public var task: TaskID
        public var attempt: Int

        public init(task: TaskID, attempt: Int) {
            self.task = task
            self.attempt = attempt
        }

        public init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            // A worker may name a marker that it takes for a task.
            task = TaskID(try container.decode(Int64.self))
            attempt = try container.decode(Int.self)
            guard task >= .marker, (1...WireFormat.maximumAttempt).contains(attempt) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "attempt \(attempt) of task \(task)")
            }
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.unkeyedContainer()
            try container.encode(task)
            try container.encode(attempt)
        }
    }

    /// Unique to the worker's process: host name, process id and a random part.
    public var worker: String
    public var host: String
    public var pid: Int
    /// The version of TaskGrid that the worker was built with.
    public var version: String
    public var types: [TaskType]
    /// How many tasks it runs at a time.
    public var concurrency: Int
    /// How many messages the broker may hand it ahead.
    public var prefetch: Int
    /// Whether it takes batches.
    public var batch: Bool
    public var started: Timestamp
    /// Milliseconds between two heartbeats; after three missed ones its lease ends.
    public var interval: Int
    /// Turns of its consume loop: rises while it lives, so that a worker that only looks alive is seen.
    public var progress: Int
    /// The tasks that run now.
    public var running: [Held]
    /// The tasks that it holds and has not begun.
    public var waiting: [Held]
    /// Tasks ended since it started.
    public var done: Int
    public var failed: Int
    /// It takes no more tasks and will leave.
    public var draining: Bool
    /// It takes no more tasks until it is asked to.
    public var quiet: Bool
    /// The proofs of `running`, then of `waiting`: 16 bytes each. They travel to the registry, and are no part of the message's JSON
    /// anywhere else: who knows a proof can end its attempt.
    package var proofs = Data()
    /// The user that has published it, as the broker has verified it: it is set where the routing key is read too, and no part of the JSON.
    package var publisher = ""

    enum CodingKeys: String, CodingKey {
        case worker, host, pid, version, types, concurrency, prefetch, batch, started
        case interval = "interval_ms"
        case progress, running, waiting, done, failed, draining, quiet
    }

    public init(
        worker: String, host: String, pid: Int, version: String, types: [TaskType], concurrency: Int, prefetch: Int,
        batch: Bool, started: Timestamp, interval: Int = 1000, progress: Int = 0, running: [Held] = [], waiting: [Held] = [],
        done: Int = 0, failed: Int = 0, draining: Bool = false, quiet: Bool = false
    ) {
        self.worker = worker
        self.host = host
        self.pid = pid
        self.version = version
        self.types = types
        self.concurrency = concurrency
        self.prefetch = prefetch
        self.batch = batch
        self.started = started
        self.interval = interval
        self.progress = progress
        self.running = running
        self.waiting = waiting
        self.done = done
        self.failed = failed
        self.draining = draining
        self.quiet = quiet
    }
}

extension RegistryMessage {
    /// Whether it neither drains nor is quiet.
    public var takesTasks: Bool { !draining && !quiet }

    /// Only `worker` and `types` must be there, so that a worker in another language needs no more. The other keys have
    /// the defaults of the memberwise initializer, for a worker that runs one task at a time and takes no batches.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func optional<Value: Decodable>(_ key: CodingKeys, _ absent: Value) throws -> Value {
            try container.decodeIfPresent(Value.self, forKey: key) ?? absent
        }
        self.init(
            worker: try container.decode(String.self, forKey: .worker),
            host: try optional(.host, ""),
            pid: try container.countIfPresent(forKey: .pid),
            version: try optional(.version, ""),
            types: try container.decode([TaskType].self, forKey: .types),
            concurrency: try optional(.concurrency, 1),
            prefetch: try optional(.prefetch, 1),
            batch: try optional(.batch, false),
            started: try optional(.started, Timestamp(rawValue: 0)),
            interval: min(try optional(.interval, 1000), Self.intervals.upperBound),
            progress: try container.countIfPresent(forKey: .progress),
            running: try optional(.running, []),
            waiting: try optional(.waiting, []),
            done: try container.countIfPresent(forKey: .done),
            failed: try container.countIfPresent(forKey: .failed),
            draining: try optional(.draining, false),
            quiet: try optional(.quiet, false)
        )
    }

    /// The most bytes that a registry message may have: a worker that holds 100,000 tasks says so in four million.
    package static let maximumSize = 8 << 20

    /// How long after its latest message a worker counts as alive: three missed heartbeats.
    package var lease: Duration { .milliseconds(min(interval, Self.intervals.upperBound)) * 3 }

    /// The message to publish. A message that shows a worker alive expires with its lease: read later, from a queue that nobody has
    /// emptied for a while, it would be untrue.
    package func message(_ kind: Kind) -> Message {
        Message(
            properties: BasicProperties(
                contentType: WireFormat.jsonContentType, expiration: kind == .deregister ? nil : lease, type: kind.rawValue,
                appID: worker
            ),
            body: JSON.encode(WithProofs(message: self))
        )
    }

    /// Reads a registry message and what it is for. Its routing key must say the same: the kind, then the worker, which is of the user that
    /// has published it.
    package static func decode(_ message: Message, routingKey: String) throws(WireError) -> (Kind, RegistryMessage) {
        var (kind, content) = try decode(message)
        guard routingKey == Topology.registryKey(kind, worker: content.worker) else {
            throw WireError(.typeMismatch, "the routing key is '\(routingKey.cut(toUTF8: 80))': not \(kind.rawValue).\(content.worker)")
        }
        try message.properties.check(owner: content.worker, "worker")
        try message.properties.checkNoActor()
        content.publisher = try message.properties.publisher()
        return (kind, content)
    }

    /// Reads a registry message and what it is for.
    package static func decode(_ message: Message) throws(WireError) -> (Kind, RegistryMessage) {
        guard let kind = message.properties.type.flatMap(Kind.init(rawValue:)) else {
            throw WireError(
                .badProperty, "type '\((message.properties.type ?? "").cut(toUTF8: 40))' is not register, heartbeat or deregister")
        }
        guard message.body.count <= maximumSize else {
            throw WireError(.tooLarge, "registry message of \(message.body.count) bytes; at most \(maximumSize)")
        }
        let content = try JSON.decode(WithProofs.self, message.body).message
        try content.validate()
        return (kind, content)
    }
}

extension RegistryMessage {
    /// The message as the registry exchange carries it, with its proofs.
    private struct WithProofs: Codable {
        var message: RegistryMessage

        private enum CodingKeys: String, CodingKey {
            case proofs
        }

        init(message: RegistryMessage) {
            self.message = message
        }

        init(from decoder: any Decoder) throws {
            message = try RegistryMessage(from: decoder)
            message.proofs = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(Data.self, forKey: .proofs) ?? Data()
        }

        func encode(to encoder: any Encoder) throws {
            try message.encode(to: encoder)
            guard !message.proofs.isEmpty else { return }
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(message.proofs, forKey: .proofs)
        }
    }

    /// The attempts that it names, and the proof of each; no proofs where there are not as many as attempts.
    package var held: some Sequence<(held: Held, runs: Bool, proof: Proof?)> {
        let proofs = proofs.count == (running.count + waiting.count) * ShortDigest.size ? proofs : Data()
        return (running + waiting).enumerated().lazy.map { [running] index, held in
            let bytes = proofs.dropFirst(index * ShortDigest.size).prefix(ShortDigest.size)
            return (held, index < running.count, ShortDigest(bytes).map(Proof.init))
        }
    }
}
