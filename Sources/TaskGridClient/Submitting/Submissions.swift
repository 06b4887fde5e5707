import AMQP
import Foundation
import TaskGridCore

/// Every submission of a client from the caller's wish to the dispatcher's answer: what to publish, what to publish again,
/// and what to tell the callers.
///
/// It decides itself when a message is published again, and not by `publishUntilConfirmed`: each submission has a caller that gives up at a
/// deadline of its own, a confirmed one is repeated too until the dispatcher answers, and an unknown outcome has to be told.
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
    private var buffer: SubmissionBuffer
    private var unanswered: [String: InFlightSubmission] = [:]
    private var publishing = 0
    private var correlations = 0

    init(limits: Limits = Limits(), bounds: MessageBounds = MessageBounds()) {
        self.limits = limits
        buffer = SubmissionBuffer(bounds: bounds)
    }

    var bounds: MessageBounds { buffer.bounds }
    /// Whether a submission is under way whose tasks' endings somebody waits for.
    var isWatched: Bool { unanswered.values.contains(where: \.isWatched) }
    var isEmpty: Bool { buffer.isEmpty && unanswered.isEmpty }

    mutating func add(_ submission: PendingSubmission) { buffer.add(submission) }

    /// Starts the publishing of the messages to publish now, and returns them: repeats that are due, then new ones.
    mutating func startPublishing(at now: ContinuousClock.Instant) -> [InFlightSubmission] {
        var taken: [InFlightSubmission] = []
        for (correlation, inFlight) in unanswered where isDue(inFlight, now: now) {
            guard publishing < limits.unconfirmed else { break }
            var inFlight = inFlight
            if case .unanswered = inFlight.stage, inFlight.cause?.rejection == nil {
                inFlight.cause = ClientError(
                    .serviceUnavailable,
                    "the dispatcher did not answer the submission within \(limits.patience.seconds.formatted()) s: is it running?"
                )
            }
            inFlight.stage = .publishing
            inFlight.publishCount += 1
            unanswered[correlation] = inFlight
            publishing += 1
            taken.append(inFlight)
        }
        let onlyFull = publishing > 0
        while publishing < limits.unconfirmed, unanswered.count < limits.unanswered, let submissions = buffer.take(onlyFull: onlyFull) {
            correlations += 1
            let key = submissions[0].key
            let inFlight = InFlightSubmission(
                correlation: String(correlations), key: key ?? UUID().uuidString, type: submissions[0].type, submissions: submissions,
                isKeyUnique: key == nil
            )
            unanswered[inFlight.correlation] = inFlight
            publishing += 1
            taken.append(inFlight)
        }
        return taken
    }

    private func isDue(_ inFlight: InFlightSubmission, now: ContinuousClock.Instant) -> Bool {
        switch inFlight.stage {
        case .publishing: false
        case .unanswered(let since): now >= since + limits.patience
        // Submissions that surely did not arrive are not sent in the last moments: these are too short to learn the outcome, and a
        // failure that was certain would be an unknown outcome.
        case .waiting(let until): now >= until && (inFlight.mayHaveArrived || now + limits.pause <= inFlight.deadline)
        }
    }

    /// The broker has the message.
    mutating func confirmed(_ correlation: String, now: ContinuousClock.Instant) {
        publishing -= 1
        guard unanswered[correlation]?.stage == .publishing else { return }
        unanswered[correlation]?.stage = .unanswered(since: now)
        unanswered[correlation]?.mayHaveArrived = true
        unanswered[correlation]?.isPublishUnknown = false
        unanswered[correlation]?.copies += 1
    }

    /// The broker has not taken the message, or nobody knows whether it has.
    mutating func failed(_ correlation: String, _ cause: ClientError, isUnknown: Bool, now: ContinuousClock.Instant) {
        publishing -= 1
        guard unanswered[correlation]?.stage == .publishing else { return }
        unanswered[correlation]?.stage = .waiting(until: now + limits.pause)
        unanswered[correlation]?.cause = cause
        unanswered[correlation]?.isPublishUnknown = isUnknown
        if isUnknown {
            unanswered[correlation]?.mayHaveArrived = true
            unanswered[correlation]?.copies += 1
        }
    }

    /// The broker takes no such message. Gives the submissions that fail now, and why: of several that are too large together, each is
    /// sent alone.
    mutating func refused(_ correlation: String, _ refusal: Refusal) -> [(PendingSubmission, ClientError)] {
        publishing -= 1
        guard let inFlight = unanswered[correlation], inFlight.stage == .publishing else { return [] }
        unanswered[correlation] = nil
        let waiting = inFlight.submissions.filter { !inFlight.abandoned.contains($0.id) }
        if case .tooLarge = refusal, inFlight.submissions.count > 1 {
            for var submission in waiting {
                submission.travelsAlone = true
                buffer.add(submission)
            }
            return []
        }
        let error = ClientError(refusal)
        // An earlier copy may have been taken, before the permission was.
        return waiting.map { ($0, inFlight.mayHaveArrived ? Self.unknown(error, hasKey: $0.key != nil) : error) }
    }

    /// The dispatcher has answered. Returns the answered message; nil if nobody waits for it.
    mutating func answered(_ correlation: String) -> InFlightSubmission? {
        unanswered.removeValue(forKey: correlation)
    }

    /// The dispatcher took nothing of a message. Gives the submissions that fail now.
    ///
    /// If one payload is the reason, the submissions go again, each alone, so that only the one with that payload fails. Else, if
    /// the message was repeated, another copy of it may yet be accepted: nobody is told before all copies are answered. One that may have
    /// been accepted is repeated until it is known.
    mutating func rejected(_ correlation: String, _ rejection: Rejection, now: ContinuousClock.Instant) -> [PendingSubmission] {
        guard var inFlight = unanswered.removeValue(forKey: correlation) else { return [] }
        if rejection.code == .outcomeUnknown {
            // That copy still counts as unanswered, so that no rejection of a repeat is taken for the last word.
            inFlight.cause = ClientError(rejection)
            if inFlight.stage != .publishing { inFlight.stage = .waiting(until: now + limits.pause) }
            unanswered[correlation] = inFlight
            return []
        }
        if !rejection.isOfOnePayload {
            // The answer may come before the confirm of what it answers.
            let underWay = inFlight.stage == .publishing ? 1 : 0
            inFlight.copies -= 1
            guard inFlight.copies + underWay <= 0 || inFlight.publishCount == 1 else {
                inFlight.cause = ClientError(rejection)
                unanswered[correlation] = inFlight
                return []
            }
        }
        let waiting = inFlight.submissions.filter { !inFlight.abandoned.contains($0.id) }
        guard waiting.count > 1, rejection.isOfOnePayload else { return waiting }
        for var submission in waiting {
            submission.travelsAlone = true
            buffer.add(submission)
        }
        return []
    }

    /// The reply queue was lost, and perhaps answers with it: what is unanswered is repeated at once.
    mutating func repliesLost(now: ContinuousClock.Instant) {
        for (correlation, inFlight) in unanswered {
            if case .unanswered = inFlight.stage { unanswered[correlation]?.stage = .waiting(until: now) }
        }
    }

    /// A caller stopped waiting. Submissions that are on their way go on; the others are not sent.
    mutating func abandon(_ id: PendingSubmission.ID) {
        buffer.remove(id)
        for (correlation, inFlight) in unanswered where inFlight.submissions.contains(where: { $0.id == id }) {
            abandon(id, of: correlation)
        }
    }

    private mutating func abandon(_ id: PendingSubmission.ID, of correlation: String) {
        unanswered[correlation]?.abandoned.insert(id)
        // One that is with the connection is forgotten too: `confirmed` and `failed` then only count it down.
        if unanswered[correlation]?.isForgotten == true { unanswered[correlation] = nil }
    }

    /// The callers whose deadline has passed, and why their tasks were not accepted. `trouble` says why nothing can be published now.
    mutating func expire(now: ContinuousClock.Instant, trouble: ClientError? = nil) -> [(PendingSubmission, ClientError)] {
        let cause = trouble ?? unanswered.values.lazy.compactMap(\.cause).first
        var expired = buffer.remove { $0.deadline <= now }.map { submission in
            (submission, Self.unsent(cause ?? ClientError(.timedOut, "earlier submissions are still on their way")))
        }
        for (correlation, inFlight) in unanswered {
            for submission in inFlight.submissions where submission.deadline <= now && !inFlight.abandoned.contains(submission.id) {
                let cause = trouble ?? inFlight.cause ?? Self.silence(inFlight)
                // The connection will say within moments whether it was sent.
                if inFlight.stage == .publishing, !inFlight.mayHaveArrived, now < submission.deadline + Self.grace { continue }
                let isUnknown = inFlight.mayHaveArrived || inFlight.stage == .publishing
                expired.append((submission, isUnknown ? Self.unknown(cause, hasKey: submission.key != nil) : Self.unsent(cause)))
                abandon(submission.id, of: correlation)
            }
        }
        return expired
    }

    /// Says whether the broker or the dispatcher has not answered.
    private static func silence(_ inFlight: InFlightSubmission) -> ClientError {
        if case .unanswered = inFlight.stage {
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
        case .unknownType, .storeUnavailable, .outcomeUnknown, .forbidden, .keyReused: false
        }
    }
}
