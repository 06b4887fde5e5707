/// The decisions of a service about messages that the broker does not confirm: its part of
/// ``MessagePublisher/publishUntilConfirmed(_:policy:)``.
public protocol PublishPolicy: Sendable {
    /// How long one attempt waits for the broker.
    var deadline: Duration { get }
    /// How long it waits from one attempt to the next.
    var backoff: Backoff { get }

    /// Says what becomes of the messages that the broker did not take, in their order; nil: nothing more is published. `repetitions` says
    /// how often messages of the batch were published again for that reason before.
    func resolve(_ unconfirmed: [UnconfirmedPublication], repetitions: Int) async -> [PublishResolution]?

    /// The outcome of a message that AMQP, or this broker's frame size, cannot carry. It holds up nothing else.
    func outcome(ofUnsendable publication: Publication, _ error: AMQPError) async -> PublishOutcome

    /// Says whether to publish again after an attempt that sent nothing, or whose outcome is unknown. `attempt` counts the pauses, the one
    /// that follows included.
    func repeats(_ count: Int, after error: AMQPError, attempt: Int) async -> Bool

    /// Waits before repetition `number`, counted from 1, and says whether to publish again: not where the task was cancelled.
    func pause(before number: Int) async -> Bool
}

extension PublishPolicy {
    public var backoff: Backoff { .publishing }

    public func pause(before number: Int) async -> Bool {
        (try? await Task.sleep(for: backoff.delay(before: number))) != nil
    }
}

extension Backoff {
    /// The waits between attempts to publish. They stay so short that a service works again within moments of its broker, or of the queue
    /// whose leader was away.
    package static let publishing = Backoff(base: .milliseconds(100), ceiling: .seconds(1))
}

/// A message that the broker did not take, and what it said.
public struct UnconfirmedPublication: Sendable {
    public let publication: Publication
    /// Anything but `confirmed`.
    public let outcome: PublishOutcome

    package init(publication: Publication, outcome: PublishOutcome) {
        self.publication = publication
        self.outcome = outcome
    }
}

/// The decision about a message that the broker did not take.
public enum PublishResolution: Sendable {
    /// Its outcome is final.
    case final
    /// It is published again after a pause.
    case again
    /// These are published at once in its place; none: nothing is.
    case replaced([Publication])
}
