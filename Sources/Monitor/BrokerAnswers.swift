import AMQP
import Synchronization
import TaskGridCore

/// When the broker answered last, by which a broker that has frozen is told from one that has nothing to say.
final class BrokerAnswers: Sendable {
    /// How long an answer may take.
    static let patience = Duration.seconds(3)

    private let latest = Mutex<ContinuousClock.Instant?>(nil)

    func note(at now: ContinuousClock.Instant) { latest.withLock { $0 = now } }

    /// A connection's reading, as unconnected where it stands and the broker has not answered in time.
    func checked(_ reading: ConnectionReading, at now: ContinuousClock.Instant) -> ConnectionReading {
        guard reading.state == .connected else { return reading }
        let since = max(latest.withLock { $0 } ?? reading.since, reading.since)
        guard since + Self.patience <= now else { return reading }
        var silent = reading
        silent.state = .unconnected
        silent.detail = "it has not answered for \(Int(Self.patience.seconds)) s"
        return silent
    }
}
