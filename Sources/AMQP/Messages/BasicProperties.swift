/// The properties of a message (AMQP 0-9-1, class `basic`), of which the grid uses these.
public struct BasicProperties: Hashable, Sendable {
    public var contentType: String?
    public var headers: FieldTable
    /// Delivery mode 2: a durable queue keeps the message over a restart of the broker.
    public var isPersistent: Bool
    /// 0 to 9 by the specification; the grid's own priorities live in the store.
    public var priority: UInt8?
    public var correlationID: String?
    public var replyTo: String?
    /// How long the message may wait in a queue before the broker drops it; whole milliseconds.
    public var expiration: Duration?
    public var messageID: String?
    /// Seconds since 1970.
    public var timestamp: UInt64?
    public var type: String?
    /// The user that published the message. The broker refuses a message that names another one than its connection's, so that a receiver can
    /// rely on it. A ``Connection`` sets it by itself; nil: its own.
    public var userID: String?
    public var appID: String?

    public init(
        contentType: String? = nil, headers: FieldTable = [:], isPersistent: Bool = false, priority: UInt8? = nil,
        correlationID: String? = nil, replyTo: String? = nil, expiration: Duration? = nil, messageID: String? = nil,
        timestamp: UInt64? = nil, type: String? = nil, userID: String? = nil, appID: String? = nil
    ) {
        self.contentType = contentType
        self.headers = headers
        self.isPersistent = isPersistent
        self.priority = priority
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.expiration = expiration
        self.messageID = messageID
        self.timestamp = timestamp
        self.type = type
        self.userID = userID
        self.appID = appID
    }
}
