import AMQP
import Foundation

/// The settings' forms outside a process: the properties and headers of a single submission, a message of a batch, fields of JSON.
extension TaskSettings {
    private static let maximumDelay = WireFormat.maximumDelay.milliseconds
    private static let maximumTimeout = WireFormat.maximumTimeout.milliseconds
    private static let maximumTime = WireFormat.maximumTime.rawValue

    /// Those of a single submission.
    init(_ properties: BasicProperties) throws(WireError) {
        self.init(
            maxAttempts: try properties.setting(WireFormat.Header.maxAttempts, upTo: Int64(Self.maximumAttempts)).map(Int.init),
            backoff: try Self.backoff(properties.text(WireFormat.Header.backoff), "header \(WireFormat.Header.backoff)"),
            timeout: try properties.setting(WireFormat.Header.timeout, upTo: Self.maximumTimeout).map(Duration.milliseconds),
            priority: min(Int(properties.priority ?? 0), WireFormat.maximumPriority),
            delay: try properties.setting(WireFormat.Header.delay, upTo: Self.maximumDelay).map(Duration.milliseconds),
            expiry: try properties.integer(WireFormat.Header.expiry, in: 0...Self.maximumDelay).map(Duration.milliseconds),
            due: try properties.setting(WireFormat.Header.due, upTo: Self.maximumTime).map(Timestamp.init(rawValue:)),
            expires: try properties.setting(WireFormat.Header.expires, upTo: Self.maximumTime).map(Timestamp.init(rawValue:))
        )
        try check()
    }

    /// Those that records of a batch name by their number.
    init(_ settings: PBSettings) throws(WireError) {
        let expiry = settings.hasExpiryMs ? Int64(clamping: settings.expiryMs) : nil
        if let expiry, expiry > Self.maximumDelay {
            throw WireError(.malformedBody, "settings with an expiry_ms beyond \(Self.maximumDelay)")
        }
        self.init(
            maxAttempts: try Self.value(settings.maxAttempts, "max_attempts", upTo: Int64(Self.maximumAttempts)).map(Int.init),
            backoff: try Self.backoff(settings.backoff.isEmpty ? nil : settings.backoff, "backoff"),
            timeout: try Self.value(settings.timeoutMs, "timeout_ms", upTo: Self.maximumTimeout).map(Duration.milliseconds),
            priority: min(Int(settings.priority), WireFormat.maximumPriority),
            delay: try Self.value(settings.delayMs, "delay_ms", upTo: Self.maximumDelay).map(Duration.milliseconds),
            expiry: expiry.map(Duration.milliseconds),
            due: try Self.value(settings.dueMs, "due_ms", upTo: Self.maximumTime).map(Timestamp.init(rawValue:)),
            expires: try Self.value(settings.expiresMs, "expires_ms", upTo: Self.maximumTime).map(Timestamp.init(rawValue:))
        )
        try check()
    }

    private func check() throws(WireError) {
        guard delay == nil || due == nil else { throw WireError(.badProperty, "a task with both a delay and a due time") }
        guard expiry == nil || expires == nil else {
            throw WireError(.badProperty, "a task that expires both after some time and at a time")
        }
    }

    /// A field in which 0 says nothing.
    private static func value(_ value: some BinaryInteger, _ name: String, upTo limit: Int64) throws(WireError) -> Int64? {
        guard value >= 0, value <= limit else { throw WireError(.malformedBody, "settings with a \(name) beyond \(limit)") }
        return value == 0 ? nil : Int64(value)
    }

    private static func backoff(_ text: String?, _ what: String) throws(WireError) -> Backoff? {
        guard let text else { return nil }
        guard let backoff = Backoff(text) else { throw WireError(.badProperty, "\(what) is no \(Backoff.what)") }
        return backoff
    }

    /// Adds what is not the default to the properties of a single submission.
    func add(to properties: inout BasicProperties) {
        guard !areDefault else { return }
        properties.headers[WireFormat.Header.maxAttempts] = maxAttempts.map { .int(Int64(Self.wireAttempts($0))) }
        properties.headers[WireFormat.Header.backoff] = backoff.map { .string($0.description) }
        properties.headers[WireFormat.Header.timeout] = timeout.map { .int($0.wireTimeout) }
        properties.headers[WireFormat.Header.delay] = delay.map { .int($0.wireDelay) }
        properties.headers[WireFormat.Header.expiry] = expiry.map { .int($0.wireDelay) }
        properties.headers[WireFormat.Header.due] = due.map { .int($0.wireTime) }
        properties.headers[WireFormat.Header.expires] = expires.map { .int($0.wireTime) }
        if priority > 0 { properties.priority = UInt8(clamping: priority) }
    }

    /// The form that a batch carries.
    var message: PBSettings {
        var message = PBSettings()
        message.maxAttempts = maxAttempts.map(Self.wireAttempts) ?? 0
        message.backoff = backoff?.description ?? ""
        message.timeoutMs = timeout.map { UInt64($0.wireTimeout) } ?? 0
        message.priority = UInt32(clamping: priority)
        message.delayMs = delay.map { UInt64($0.wireDelay) } ?? 0
        if let expiry { message.expiryMs = UInt64(expiry.wireDelay) }
        message.dueMs = due?.wireTime ?? 0
        message.expiresMs = expires?.wireTime ?? 0
        return message
    }

    private static func wireAttempts(_ attempts: Int) -> UInt32 { UInt32(min(max(1, attempts), Int(Int32.max))) }
}

/// The settings of an accepted task, among the other fields of its JSON.
extension TaskSettings: Codable {
    enum CodingKeys: String, CodingKey {
        case priority, backoff
        case maxAttempts = "max_attempts"
        case timeout = "timeout_ms"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let backoff = try container.decodeIfPresent(String.self, forKey: .backoff).map { text in
            guard let backoff = Backoff(text) else {
                throw DecodingError.dataCorruptedError(forKey: .backoff, in: container, debugDescription: "no \(Backoff.what)")
            }
            return backoff
        }
        self.init(
            maxAttempts: try container.decode(Int.self, forKey: .maxAttempts), backoff: backoff,
            timeout: try container.decodeIfPresent(Int64.self, forKey: .timeout).map(Duration.milliseconds),
            priority: try container.decode(Int.self, forKey: .priority)
        )
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(maxAttempts ?? 1, forKey: .maxAttempts)
        try container.encodeIfPresent(backoff?.description, forKey: .backoff)
        try container.encodeIfPresent(timeout?.milliseconds, forKey: .timeout)
        try container.encode(priority, forKey: .priority)
    }
}
