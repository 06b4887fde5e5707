import AMQP
import Logging
import TaskGridClient
import TaskGridConfiguration
import TaskGridCore

/// A service, and what it answered.
struct ServiceReading: Sendable {
    struct Answer: Hashable, Sendable {
        /// nil: a service of an earlier version, which does not say it.
        var stamp: ServiceStamp?
        /// This machine's clock when the query was sent, and when the answer was there.
        var sent: Timestamp
        var received: Timestamp
        /// The most bytes that a payload may have; of the dispatcher alone.
        var maximumPayload: Int?
    }

    let service: Topology.Service
    let result: Result<Answer, ClientError>

    private static let patience = Duration.seconds(5)

    /// Asks the services as a client does.
    ///
    /// - Throws: why a client cannot use the broker.
    static func read(_ location: GridLocation, logger: Logger) async throws(ClientError) -> [ServiceReading] {
        let client = GridClient(endpoint: location.endpoint, topology: location.topology, logger: logger, patience: patience)
        try await client.start(within: patience)
        async let dispatcher = ask(LimitsQuery(), client) { ($0.service, $0.maximumPayload) }
        // No worker's name comes after this one, so that the answer is small.
        async let nameservice = ask(WorkersQuery(after: String(repeating: "~", count: 160)), client) { ($0.service, nil) }
        let readings = await [dispatcher, nameservice]
        await client.close()
        return readings
    }

    private static func ask<Asked: Query>(
        _ query: Asked, _ client: GridClient, _ read: (Asked.Answer) -> (ServiceStamp?, Int?)
    ) async -> ServiceReading {
        let sent = Timestamp.now()
        do throws(ClientError) {
            let (stamp, maximumPayload) = read(try await client.ask(query))
            let answer = Answer(stamp: stamp, sent: sent, received: .now(), maximumPayload: maximumPayload)
            return ServiceReading(service: Asked.service, result: .success(answer))
        } catch {
            return ServiceReading(service: Asked.service, result: .failure(error))
        }
    }
}

extension ServiceReading.Answer {
    /// How far the service's clock is ahead of this machine's, whatever part of the time between the query and its answer its way took.
    var clockDifference: Duration? {
        guard let at = stamp?.at else { return nil }
        return at > received ? at - received : at < sent ? at - sent : .zero
    }
}

extension [ServiceReading] {
    /// A smaller difference does not matter: tasks wait for whole seconds.
    private static let tolerance = Duration.seconds(1)

    var answering: [Topology.Service] { compactMap { (try? $0.result.get()) == nil ? nil : $0.service } }

    /// - Parameter version: that of this command.
    func findings(version: String = TaskGridVersion.current) -> [Finding] {
        flatMap { reading -> [Finding] in
            let name = reading.service.rawValue
            switch reading.result {
            case .failure(let error):
                return [
                    .problem(
                        .services, error.message,
                        advice:
                            "see whether the \(name) runs and what its log says: curl its /healthz, or start one with 'taskgrid \(name)'")
                ]
            case .success(let answer):
                let time = (answer.received - answer.sent).milliseconds
                var findings: [Finding] = [
                    .ok(.services, "the \(name) answers in \(time) ms: version \(answer.stamp?.version ?? "unknown")")
                ]
                if let problem = answer.stamp?.problem {
                    findings.append(
                        .problem(
                            .services, "the \(name) cannot do its work: \(problem)",
                            advice: "its /healthz and its log name the cause: remove it, and the \(name) goes on by itself"))
                }
                if let other = answer.stamp?.version, other != version {
                    findings.append(
                        .warning(
                            .services, "the \(name) is version \(other), this command \(version)",
                            advice: "run one version: update the services first, then workers and clients"))
                }
                return findings
            }
        } + clockFindings
    }

    private var clockFindings: [Finding] {
        let known = compactMap { reading in (try? reading.result.get().clockDifference).map { (reading.service.rawValue, $0) } }
        guard !known.isEmpty else { return [] }
        let wrong = known.filter { !(.zero - Self.tolerance...Self.tolerance).contains($0.1) }
        guard !wrong.isEmpty else { return [.ok(.clocks, "those of the services and of this machine differ by less than 1 s")] }
        return wrong.map { name, difference in
            let amount = "\(Double((abs(difference.milliseconds) + 50) / 100) / 10) s"
            return .warning(
                .clocks, "the \(name)'s clock is \(amount) \(difference > .zero ? "ahead of" : "behind") this machine's",
                advice: "let both follow NTP: due and expiry times that a person gives, and those that are shown, are off by that much")
        }
    }

    /// Whether the broker takes the largest payload that the dispatcher accepts.
    func messageFindings(_ version: BrokerVersion) -> [Finding] {
        guard let payload = compactMap({ try? $0.result.get().maximumPayload }).first, payload > version.defaultMessageSize else {
            return []
        }
        return [
            .warning(
                .limits,
                "the dispatcher accepts payloads of \(payload) bytes, and RabbitMQ \(version.major) refuses messages of more than "
                    + "\(version.defaultMessageSize) unless its max_message_size is raised",
                advice: "set max_message_size = \(payload + (1 << 20)) in rabbitmq.conf on each node, or lower dispatcher.max-payload")
        ]
    }
}
