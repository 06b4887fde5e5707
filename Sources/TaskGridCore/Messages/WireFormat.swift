import AMQP
import Foundation

/// The constants of the wire, version 1.
package enum WireFormat {
    /// The content type of a batch message.
    package static let batchContentType = "application/vnd.taskgrid.batch+protobuf; v=1"
    static let batchMediaType = "application/vnd.taskgrid.batch+protobuf"
    static let version = "1"
    package static let jsonContentType = "application/json"

    /// The most bytes that a body may have; larger ones are refused unread.
    package static let maximumBodySize = 64 << 20
    /// The most bytes that are kept of the body of a dead message.
    package static let maximumDeadBodySize = 64 << 10
    /// The most records that one batch may hold.
    package static let maximumRecords = 10_000
    /// The most bytes of a key, a correlation id or another name on the wire (an AMQP short string's bound).
    package static let maximumNameLength = 255
    /// The most bytes of a client's or worker's id: with the longest prefix, the queues named after it stay within 255.
    package static let maximumIDLength = 160
    /// The highest priority; the default is 0.
    package static let maximumPriority = 9
    /// The longest time that an attempt may be given: a year.
    package static let maximumTimeout = Duration.seconds(366 * 24 * 60 * 60)
    /// How long after an attempt's time is up the dispatcher waits for its worker to say so, before it ends the attempt itself.
    package static let timeoutGrace = Duration.seconds(2)
    /// The longest time that a task may be delayed, or that it may have until it expires: ten thousand days.
    package static let maximumDelay = Duration.seconds(10_000 * 24 * 60 * 60)
    /// The longest time that an attempt can have run; a longer one that a worker reports counts as this.
    package static let maximumRunTime = maximumTimeout
    /// The latest time, the end of the year 9999: what any language's calendar can show.
    package static let maximumTime = Timestamp(rawValue: 253_402_300_799_999)
    /// The highest attempt that a worker may speak of: far from where counting on would not fit the wire's 32 bits.
    package static let maximumAttempt = 1 << 30

    /// The header of a message that a queue has passed on, which RabbitMQ adds.
    package static let passedOn = "x-death"

    /// The names of the headers.
    package enum Header {
        package static let attempt = "taskgrid-attempt"
        package static let status = "taskgrid-status"
        package static let error = "taskgrid-error"
        package static let timeout = "taskgrid-timeout-ms"
        package static let backoff = "taskgrid-backoff"
        package static let maxAttempts = "taskgrid-max-attempts"
        package static let delay = "taskgrid-delay-ms"
        package static let expiry = "taskgrid-expiry-ms"
        package static let due = "taskgrid-due"
        package static let expires = "taskgrid-expires"
        package static let runTime = "taskgrid-run-us"
        package static let store = "taskgrid-store"
        package static let proof = "taskgrid-proof"
        package static let worker = "taskgrid-worker"
        package static let announce = "taskgrid-announce"
        package static let alone = "taskgrid-alone"
        package static let count = "taskgrid-count"
        package static let fingerprint = "taskgrid-fingerprint"
        /// On an acceptance: the key had been accepted before.
        package static let isRepeat = "taskgrid-repeat"
        /// On a query of the monitor: the person or program for which it asks.
        package static let actor = "taskgrid-actor"
        /// On a query: how large its answer may be.
        package static let answerBytes = "taskgrid-answer-bytes"
        /// On a dead message: when its receiver found that it cannot read it.
        package static let deadAt = "taskgrid-dead-at"
        /// On a dead message: the user that published it.
        package static let user = "taskgrid-user"
        /// On a dead message: why.
        package static let reason = "taskgrid-reason"
        /// On a dead message whose body was cut: how many bytes it had.
        package static let size = "taskgrid-size"
    }
}

/// Whether a message carries one task as properties and body, or a batch of records.
package enum MessageForm: Hashable, Sendable {
    case single, batch

    /// The form that a message's content type announces. Everything that is not a batch is a single task's payload.
    init(of message: Message) throws(WireError) {
        guard message.body.count <= WireFormat.maximumBodySize else {
            throw WireError(.tooLarge, "body of \(message.body.count) bytes; at most \(WireFormat.maximumBodySize) are read")
        }
        guard let contentType = message.properties.contentType else {
            self = .single
            return
        }
        // As this grid writes it: every message would be taken apart otherwise.
        guard contentType != WireFormat.batchContentType else {
            self = .batch
            return
        }
        // RFC 9110, section 8.3.1: parameters follow the media type after semicolons; names are case-insensitive.
        let parts = contentType.split(separator: ";", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces).lowercased()
        }
        guard parts[0] == WireFormat.batchMediaType else {
            guard !parts[0].hasPrefix("application/vnd.taskgrid.") else {
                throw WireError(.unknownContentType, "'\(contentType.cut(toUTF8: 100))' is no content type of this grid")
            }
            self = .single
            return
        }
        let version = parts.dropFirst().first { $0.hasPrefix("v=") }?.dropFirst(2)
        guard version == WireFormat.version[...] else {
            throw WireError(
                .unknownVersion, "batch version '\(version.map { String($0).cut(toUTF8: 20) } ?? "none")'; this reads \(WireFormat.version)"
            )
        }
        self = .batch
    }
}
