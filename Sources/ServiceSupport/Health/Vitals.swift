package import AMQP
import Synchronization

/// The signs of life of one service: its loops' pulses and its connections. The service registers them as it starts; whoever
/// made it asks for the report.
package final class Vitals: Sendable {
    private struct WatchedConnection {
        let read: @Sendable () -> ConnectionReading
        /// Whether the service stands by, and is well, while another holds the queue that is for one alone.
        let mayStandBy: Bool
    }

    private struct State {
        var service = ServiceState.starting
        var loops: [(name: String, read: @Sendable (ContinuousClock.Instant) -> LoopReading)] = []
        var connections: [WatchedConnection] = []
        /// Other faults, by their subject, and until when they hold.
        var problems: [String: (reason: String, until: ContinuousClock.Instant?)] = [:]
    }

    /// How long a loop may work on the same: longer than any deadline of a publish to a broker that answers.
    package static let defaultLimit = Duration.seconds(15)

    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    /// - Parameter now: the time; tests bring their own.
    package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.now = now
    }

    /// A pulse for a loop that begins now. One of the same name from an earlier run is forgotten.
    ///
    /// - Parameters:
    ///   - name: the loop's name in `/healthz`.
    ///   - limit: how long it may work on the same before it counts as stuck.
    ///   - period: for a loop that a clock drives, how often it moves at least.
    package func pulse(_ name: String, limit: Duration = Vitals.defaultLimit, period: Duration? = nil) -> Pulse {
        let pulse = Pulse(name, limit: limit, period: period, now: now)
        loop(name) { pulse.reading(at: $0) }
        return pulse
    }

    /// A loop, or several, that can be read without a pulse.
    package func loop(_ name: String, _ read: @escaping @Sendable (ContinuousClock.Instant) -> LoopReading) {
        state.withLock { state in
            state.loops.removeAll { $0.name == name }
            state.loops.append((name, read))
        }
    }

    /// A connection that the service needs. With `mayStandBy`, the service is healthy, and stands by, while another one owns an
    /// exclusive queue.
    package func connection(mayStandBy: Bool = false, _ read: @escaping @Sendable () -> ConnectionReading) {
        state.withLock { $0.connections.append(WatchedConnection(read: read, mayStandBy: mayStandBy)) }
    }

    /// Something besides loops and connections is not well, or is well again.
    ///
    /// - Parameters:
    ///   - name: what it concerns, such as `store`.
    ///   - reason: what is wrong and what to do; nil: nothing any more.
    ///   - time: how long that holds unless it is said again; nil: until it is said to be well.
    package func problem(_ name: String, _ reason: String?, lasting time: Duration? = nil) {
        let now = now()
        state.withLock { state in
            state.problems = state.problems.filter { $0.value.until.map { now < $0 } ?? true }
            state.problems[name] = reason.map { ($0, time.map { now + $0 }) }
        }
    }

    /// The service enters a state.
    package func enter(_ service: ServiceState) {
        state.withLock { $0.service = service }
    }

    /// Whether another one owns the queue that is for one alone.
    package var isStandingBy: Bool {
        let (service, connections) = state.withLock { ($0.service, $0.connections) }
        return Self.isStandingBy(service, connections.map { ($0, $0.read()) })
    }

    private static func isStandingBy(_ service: ServiceState, _ readings: [(connection: WatchedConnection, reading: ConnectionReading)])
        -> Bool
    {
        service != .stopping && readings.contains { $0.connection.mayStandBy && $0.reading.state == .locked }
    }

    /// How the service is now.
    package func report(service: String, id: String) -> HealthReport {
        let now = now()
        let (serviceState, loops, connections, problems) = state.withLock { ($0.service, $0.loops, $0.connections, $0.problems) }
        let readings = connections.map { (connection: $0, reading: $0.read()) }
        let isStandby = Self.isStandingBy(serviceState, readings)
        var report = HealthReport(service: service, id: id, state: isStandby ? .standby : serviceState)
        for (connection, reading) in readings {
            report.connections.append(HealthReport.Connection(reading, at: now))
            // A service that stops closes its connections itself.
            if serviceState == .stopping || isStandby && connection.mayStandBy { continue }
            if let problem = reading.problem(at: now) { report.reasons.append(problem) }
        }
        if report.state == .starting, report.reasons.isEmpty { report.reasons.append("it is starting, and does not serve yet") }
        report.reasons += problems.filter { $0.value.until.map { now < $0 } ?? true }.sorted { $0.key < $1.key }.map(\.value.reason)
        for read in loops {
            let reading = read.read(now)
            report.loops.append(HealthReport.Loop(reading))
            if let problem = reading.problem {
                // Where a cause is known, such as a store that refuses what the loop has to write, a restart does not end it.
                let advice = report.reasons.isEmpty ? "; its log may say why, a restart helps" : ""
                report.reasons.append("loop '\(reading.name)' \(problem)\(advice)")
            } else if reading.state == .ended, report.state == .serving {
                report.reasons.append("loop '\(reading.name)' has ended; restart the service")
            }
        }
        return report
    }
}
