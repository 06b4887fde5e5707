import AMQP
import Foundation
import TaskGridCore

/// Every submission of a client from the caller's wish to the dispatcher's answer: what to publish, what to publish again,
/// and what to tell the callers.
///
/// Pure: the caller passes the time, publishes what `take` gives, and reports what became of it.
struct Submissions: Sendable {
    struct Limits: Hashable, Sendable {
        /// Messages that may wait for the broker's confirm. One that is not full waits until no other does.
        var unconfirmed = 8
        /// Messages that may wait for the dispatcher's answer.
        var unanswered = 64
        /// How long the dispatcher may take to answer before the submission is repeated.
        var patience = Duration.seconds(5)
        /// How long after a failed publish the submission is repeated.
        var pause = Duration.milliseconds(500)
    }

    /// How long after its deadline a publish may still take to say what became of it.
    static let grace = Duration.seconds(1)

    let limits: Limits
    private var outbox: Outbox
    private var envelopes: [String: Envelope] = [:]
    private var publishing = 0
    private var correlations = 0

    init(limits: Limits = Limits(), bounds: MessageBounds = MessageBounds()) {
        self.limits = limits
        outbox = Outbox(bounds: bounds)
    }

    var bounds: MessageBounds { outbox.bounds }
    /// Whether a submission is under way whose tasks' endings somebody waits for.
    var isWatched: Bool { envelopes.values.contains(where: \.isWatched) }
    var isEmpty: Bool { outbox.isEmpty && envelopes.isEmpty }

    mutating func add(_ parcel: Parcel) { outbox.add(parcel) }

    /// What is to be published now: repeats that are due, then new messages.
    mutating func take(now: Instant) -> [Envelope] {
        var taken: [Envelope] = []
        for (correlation, envelope) in envelopes where isDue(envelope, now: now) {
            guard publishing < limits.unconfirmed else { break }
            var envelope = envelope
            if case .unanswered = envelope.standing, envelope.cause?.rejection == nil {
                envelope.cause = ClientError(
                    .serviceUnavailable,
                    "the dispatcher did not answer the submission within \(limits.patience.seconds.formatted()) s: is it running?"
                )
            }
            envelope.standing = .publishing
            envelope.tries += 1
            envelopes[correlation] = envelope
            publishing += 1
            taken.append(envelope)
        }
        let onlyFull = publishing > 0
        while publishing < limits.unconfirmed, envelopes.count < limits.unanswered, let parcels = outbox.take(onlyFull: onlyFull) {
            correlations += 1
            let key = parcels[0].key
            let envelope = Envelope(
                correlation: String(correlations), key: key ?? UUID().uuidString, type: parcels[0].type, parcels: parcels,
                isKeyUnique: key == nil
            )
            envelopes[envelope.correlation] = envelope
            publishing += 1
            taken.append(envelope)
        }
        return taken
    }

    private func isDue(_ envelope: Envelope, now: Instant) -> Bool {
        switch envelope.standing {
        case .publishing: false
        case .unanswered(let since): now >= since + limits.patience
        // What surely did not arrive is not sent in the last moments: they are too short to learn what became of it, and a
        // failure that was certain would be an unknown outcome.
        case .waiting(let until): now >= until && (envelope.mayHaveArrived || now + limits.pause <= envelope.deadline)
        }
    }

    /// The broker has the message.
    mutating func confirmed(_ correlation: String, now: Instant) {
        publishing -= 1
        guard envelopes[correlation]?.standing == .publishing else { return }
        envelopes[correlation]?.standing = .unanswered(since: now)
        envelopes[correlation]?.mayHaveArrived = true
        envelopes[correlation]?.isPublishUnknown = false
        envelopes[correlation]?.copies += 1
    }

    /// The broker has not taken the message, or nobody knows whether it has.
    mutating func failed(_ correlation: String, _ cause: ClientError, isUnknown: Bool, now: Instant) {
        publishing -= 1
        guard envelopes[correlation]?.standing == .publishing else { return }
        envelopes[correlation]?.standing = .waiting(until: now + limits.pause)
        envelopes[correlation]?.cause = cause
        envelopes[correlation]?.isPublishUnknown = isUnknown
        if isUnknown {
            envelopes[correlation]?.mayHaveArrived = true
            envelopes[correlation]?.copies += 1
        }
    }

    /// The broker takes no such message. Gives the parcels that fail now, and why: of several that are too large together, each is
    /// sent alone.
    mutating func refused(_ correlation: String, _ refusal: Refusal) -> [(Parcel, ClientError)] {
        publishing -= 1
        guard let envelope = envelopes[correlation], envelope.standing == .publishing else { return [] }
        envelopes[correlation] = nil
        let waiting = envelope.parcels.filter { !envelope.gone.contains($0.id) }
        if case .tooLarge = refusal, envelope.parcels.count > 1 {
            for var parcel in waiting {
                parcel.travelsAlone = true
                outbox.add(parcel)
            }
            return []
        }
        let error = ClientError(refusal)
        // An earlier copy may have been taken, before the permission was.
        return waiting.map { ($0, envelope.mayHaveArrived ? Self.unknown(error, hasKey: $0.key != nil) : error) }
    }

    /// The dispatcher has answered: whoever waited, and the number of the answered envelope's tasks; nil where nobody waits.
    mutating func answered(_ correlation: String) -> Envelope? {
        envelopes.removeValue(forKey: correlation)
    }

    /// The dispatcher took nothing of an envelope. Gives the parcels that fail now.
    ///
    /// Where that is for the sake of a payload, the parcels go again, each alone, so that only the guilty one fails. Else, where
    /// the envelope was repeated, another copy of it may yet be accepted: nobody is told before all copies are answered.
    mutating func rejected(_ correlation: String, _ rejection: Rejection) -> [Parcel] {
        guard var envelope = envelopes.removeValue(forKey: correlation) else { return [] }
        if !rejection.isOfOnePayload {
            // The answer may come before the confirm of what it answers.
            let underWay = envelope.standing == .publishing ? 1 : 0
            envelope.copies -= 1
            guard envelope.copies + underWay <= 0 || envelope.tries == 1 else {
                envelope.cause = ClientError(rejection)
                envelopes[correlation] = envelope
                return []
            }
        }
        let waiting = envelope.parcels.filter { !envelope.gone.contains($0.id) }
        guard waiting.count > 1, rejection.isOfOnePayload else { return waiting }
        for var parcel in waiting {
            parcel.travelsAlone = true
            outbox.add(parcel)
        }
        return []
    }

    /// The reply queue was lost, and perhaps answers with it: what is unanswered is repeated at once.
    mutating func repliesLost(now: Instant) {
        for (correlation, envelope) in envelopes {
            if case .unanswered = envelope.standing { envelopes[correlation]?.standing = .waiting(until: now) }
        }
    }

    /// A caller stopped waiting. What is on its way goes on; what is not is not sent.
    mutating func abandon(_ id: Parcel.ID) {
        _ = outbox.remove { $0.id == id }
        for (correlation, envelope) in envelopes where envelope.parcels.contains(where: { $0.id == id }) {
            abandon(id, of: correlation)
        }
    }

    private mutating func abandon(_ id: Parcel.ID, of correlation: String) {
        envelopes[correlation]?.gone.insert(id)
        // One that is with the connection is forgotten too: `confirmed` and `failed` then only count it down.
        if envelopes[correlation]?.isForgotten == true { envelopes[correlation] = nil }
    }

    /// The callers whose deadline has passed, and why their tasks were not accepted.
    ///
    /// - Parameter trouble: why nothing can be published now.
    mutating func expire(now: Instant, trouble: ClientError? = nil) -> [(Parcel, ClientError)] {
        let cause = trouble ?? envelopes.values.lazy.compactMap(\.cause).first
        var expired = outbox.remove { $0.deadline <= now }.map { parcel in
            (parcel, Self.unsent(cause ?? ClientError(.timedOut, "earlier submissions are still on their way")))
        }
        for (correlation, envelope) in envelopes {
            for parcel in envelope.parcels where parcel.deadline <= now && !envelope.gone.contains(parcel.id) {
                let cause = trouble ?? envelope.cause ?? Self.silence(envelope)
                // The connection will say within moments whether it was sent.
                if envelope.standing == .publishing, !envelope.mayHaveArrived, now < parcel.deadline + Self.grace { continue }
                let isUnknown = envelope.mayHaveArrived || envelope.standing == .publishing
                expired.append((parcel, isUnknown ? Self.unknown(cause, hasKey: parcel.key != nil) : Self.unsent(cause)))
                abandon(parcel.id, of: correlation)
            }
        }
        return expired
    }

    /// Who has not said a word yet.
    private static func silence(_ envelope: Envelope) -> ClientError {
        if case .unanswered = envelope.standing {
            return ClientError(.serviceUnavailable, "the broker has it, and the dispatcher has not answered: is it running?")
        }
        return ClientError(.timedOut, "neither the broker nor the dispatcher has answered")
    }

    private static func unsent(_ cause: ClientError) -> ClientError {
        ClientError(cause.code, "the submission did not reach the grid in time and is given up: \(cause.message)")
    }

    private static func unknown(_ cause: ClientError, hasKey: Bool) -> ClientError {
        let advice = hasKey ? "repeat it with the same key, which is safe" : "with a key of your own a repeat would be safe"
        return ClientError(
            cause.code, "the submission was not answered in time, it may have been accepted (\(advice)): \(cause.message)",
            isOutcomeUnknown: true
        )
    }
}

extension Rejection {
    /// Whether the submission might have been taken without one of its tasks.
    fileprivate var isOfOnePayload: Bool {
        switch code {
        case .payloadTooLarge, .empty, .malformed: true
        case .unknownType, .storeUnavailable, .keyReused: false
        }
    }
}
