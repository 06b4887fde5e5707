import AMQP
import Logging
import TaskGridConfiguration
import TaskGridCore

/// One address of the broker, and how it answered.
struct AddressReading: Sendable {
    let address: Endpoint.Address
    let result: Result<BrokerGreeting, AMQPError>

    /// Logs in at each address once, all at the same time.
    static func read(_ endpoint: Endpoint, logger: Logger) async -> [AddressReading] {
        await withTaskGroup(of: (Int, AddressReading).self) { group in
            for (index, address) in endpoint.addresses.enumerated() {
                group.addTask { (index, await read(address, of: endpoint, logger: logger)) }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private static func read(_ address: Endpoint.Address, of endpoint: Endpoint, logger: Logger) async -> AddressReading {
        var one = endpoint
        one.addresses = [address]
        let connection = Connection(one, name: "taskgrid check", clientProperties: .grid, logger: logger)
        do throws(AMQPError) {
            try await connection.start(patience: .zero)
            let greeting = await connection.greeting
            await connection.close()
            guard let greeting else { throw AMQPError(.connectionLost, "the connection to \(one) was lost at once") }
            return AddressReading(address: address, result: .success(greeting))
        } catch {
            await connection.close()
            return AddressReading(address: address, result: .failure(error))
        }
    }

    var greeting: BrokerGreeting? { try? result.get() }
}

extension [AddressReading] {
    /// What the addresses say of the broker.
    func findings(of endpoint: Endpoint) -> [Finding] {
        let isReached = contains { $0.greeting != nil }
        var findings = flatMap { reading -> [Finding] in
            switch reading.result {
            case .failure(let error): [Self.finding(error, endpoint, isSpared: isReached && error.code == .unreachable)]
            case .success(let greeting): greeting.findings(at: "\(reading.address)", asked: endpoint.heartbeat)
            }
        }
        let clusters = Set(compactMap { $0.greeting?.properties["cluster_name"]?.text })
        if clusters.count > 1 {
            findings.append(
                .problem(
                    .broker, "the addresses belong to different clusters: \(clusters.sorted().listed)",
                    advice: "name the nodes of one cluster in --broker: a task is known to the broker that it was sent to alone"))
        }
        return findings
    }

    /// - Parameters:
    ///   - error: why the address does not answer.
    ///   - endpoint: the broker with that address alone.
    ///   - isSpared: another address answers, so that programs connect there.
    private static func finding(_ error: AMQPError, _ endpoint: Endpoint, isSpared: Bool) -> Finding {
        if isSpared {
            return .warning(
                .broker, error.message, advice: "start that node, or take it out of --broker: each program tries it in its turn")
        }
        let advice =
            switch error.code {
            case .accessRefused where error.brokerCode == 530: advice(notAllowed: error.message, endpoint)
            case .accessRefused: "rabbitmqctl add_user makes a user, rabbitmqctl change_password gives one another password"
            case .tlsRefused: "--broker-ca, --broker-certificate, --broker-key and --broker-server-name say how TLS is spoken"
            default: "start the broker, or correct its host and port in --broker"
            }
        return .problem(.broker, error.message, advice: advice)
    }

    /// The advice for a login that the broker accepts without the connection (530). Only the text of its answer gives the cause.
    private static func advice(notAllowed text: String, _ endpoint: Endpoint) -> String {
        let other = "or name another virtual host at the end of the broker's URL"
        let (user, host) = (ShellWord(endpoint.user), ShellWord(endpoint.virtualHost))
        if text.contains("connection limit (") {
            return "close connections, or raise the limit: rabbitmqctl list_user_limits --user \(user), rabbitmqctl list_vhost_limits "
                + "-p \(host), connection_max in rabbitmq.conf"
        }
        if text.hasSuffix("not found") {
            return "rabbitmqctl add_vhost \(host) makes the virtual host, and the user needs permissions there; \(other)"
        }
        return "give the user permissions on the virtual host, \(other)"
    }
}

extension BrokerGreeting {
    /// What a connection needs of its channels: two, those of its consumers, and one in reserve.
    private static let leastChannels = 8
    private static let capabilities = ["publisher_confirms", "basic.nack", "consumer_cancel_notify", "connection.blocked"]

    var version: BrokerVersion? { properties["version"]?.text.flatMap(BrokerVersion.init) }

    /// - Parameters:
    ///   - address: the address that was asked.
    ///   - asked: the seconds between heartbeats that the broker's URL asks for.
    fileprivate func findings(at address: String, asked: Int) -> [Finding] {
        let product = properties["product"]?.text ?? "a broker"
        let name = "\(product) \(properties["version"]?.text ?? "of unknown version")"
        var findings: [Finding] = [
            .ok(
                .broker,
                "\(address) is \(name): heartbeats every \(heartbeat) s, frames of \(frameSize / 1024) KiB, \(lastChannel) channels a connection"
            )
        ]
        if product != "RabbitMQ" {
            findings.append(
                .warning(.broker, "\(address) is \(name), which is not RabbitMQ", advice: "the grid is made for RabbitMQ 3.10 to 4.x"))
        } else if version?.isSupported != true {
            findings.append(
                .problem(.broker, "\(address) is \(name)", advice: "RabbitMQ 3.10 to 4.x are supported: upgrade, or choose another broker"))
        }
        let missing = Self.capabilities.filter { properties["capabilities"].flatMap(\.table)?[$0] != .bool(true) }
        if !missing.isEmpty {
            findings.append(
                .problem(
                    .broker, "\(address) does not have \(missing.listed)",
                    advice: "connect to RabbitMQ itself: a proxy that speaks AMQP may hide what the broker can do"))
        }
        if heartbeat == 0 {
            findings.append(
                .warning(
                    .broker, "\(address) agrees on no heartbeats, and \(asked) s were asked for: a connection that died is noticed late",
                    advice: "set heartbeat = 60 or less in rabbitmq.conf"))
        }
        if lastChannel < Self.leastChannels {
            findings.append(
                .problem(
                    .broker, "\(address) allows \(lastChannel) channels a connection: a service needs \(Self.leastChannels)",
                    advice: "raise channel_max in rabbitmq.conf"))
        }
        return findings
    }
}

extension FieldValue {
    /// The table, where it is one.
    var table: FieldTable? {
        if case .table(let value) = self { value } else { nil }
    }
}
