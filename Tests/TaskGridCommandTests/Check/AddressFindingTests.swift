import AMQP
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("What the broker's addresses say")
struct AddressFindingTests {
    private func findings(_ results: Result<BrokerGreeting, AMQPError>...) -> [Finding] {
        results.enumerated().map { AddressReading(address: Endpoint.Address(host: "node\($0.offset + 1)"), result: $0.element) }
            .findings(of: CheckedGrid.sample().endpoint)
    }

    private let silence = AMQPError(.unreachable, "no broker answers at amqp://grid@node2:5672")

    @Test func `a supported broker is ok, with its version and what was agreed on`() {
        #expect(
            findings(.success(.sample())).texts == [
                "ok broker: node1:5672 is RabbitMQ 4.0.5: heartbeats every 10 s, frames of 128 KiB, 64 channels a connection"
            ])
        #expect(findings(.success(.sample(version: "3.10.8"))).wrong.isEmpty)
    }

    @Test(arguments: ["3.9.13", "5.0.0", "new"]) func `a version that is not supported is a problem`(version: String) {
        #expect(findings(.success(.sample(version: version))).wrong.map(\.level) == [.problem])
    }

    @Test func `another product is a warning, and a missing capability is a problem`() {
        #expect(findings(.success(.sample(product: "LavinMQ"))).wrong.map(\.level) == [.warning])
        let wrong = findings(.success(.sample(capabilities: ["basic.nack": true, "consumer_cancel_notify": true]))).wrong
        #expect(wrong.texts == ["problem broker: node1:5672 does not have publisher_confirms, connection.blocked"])
    }

    @Test func `few channels are a problem, no heartbeats a warning`() {
        #expect(findings(.success(.sample(lastChannel: 4))).wrong.map(\.level) == [.problem])
        #expect(findings(.success(.sample(heartbeat: 0))).wrong.map(\.level) == [.warning])
    }

    @Test func `an address that does not answer is a warning where another does, else a problem`() {
        #expect(findings(.success(.sample()), .failure(silence)).wrong.map(\.level) == [.warning])
        #expect(findings(.failure(silence)).wrong.texts == ["problem broker: \(silence.message)"])
    }

    @Test func `a refused login is a problem even where another address takes it`() {
        let refused = AMQPError(.accessRefused, "the login was refused", brokerCode: 403)
        #expect(findings(.success(.sample()), .failure(refused)).wrong.map(\.level) == [.problem])
    }

    @Test(arguments: [
        ("access to vhost '/' refused for user 'grid'", "give the user permissions on the virtual host"),
        ("connection refused for user 'grid': user connection limit (19) is reached", "close connections, or raise the limit"),
        ("access to vhost '/' refused for user 'grid': connection limit (1) is reached", "close connections, or raise the limit"),
        ("vhost nosuch not found", "rabbitmqctl add_vhost / makes the virtual host"),
    ])
    func `a connection that is not allowed says what to do about its cause`(reason: String, advice: String) {
        let error = AMQPError(.accessRefused, "the login: the broker says 530 NOT_ALLOWED - \(reason)", brokerCode: 530)
        let found = findings(.failure(error))
        #expect(found.count == 1 && found[0].advice?.hasPrefix(advice) == true, "\(found)")
    }

    @Test func `addresses of two clusters are a problem`() {
        let wrong = findings(.success(.sample(cluster: "a")), .success(.sample(cluster: "b"))).wrong
        #expect(wrong.texts == ["problem broker: the addresses belong to different clusters: a, b"])
    }
}

@Suite("What the grid's names on the broker say")
struct NamesFindingTests {
    private let topology = Topology(prefix: "t")

    @Test func `all that is there is ok`() {
        let reading = NamesReading(topology)
        #expect(reading.findings(topology).map(\.level) == [.ok, .ok])
        #expect(reading.queues.contains(topology.submitQueue) && reading.queues.allSatisfy(\.isDurable))
    }

    @Test func `nothing of the prefix is one problem, which names the prefix`() {
        var reading = NamesReading(topology)
        reading.missingExchanges = topology.exchanges.map(\.name)
        for queue in reading.queues { reading.troubledQueues[queue.name] = "" }
        let findings = reading.findings(topology)
        #expect(findings.count == 1 && findings[0].level == .problem && findings[0].advice?.contains("--prefix, which is 't'") == true)
    }

    @Test func `a missing exchange, a missing queue and one whose node is down are problems`() {
        var reading = NamesReading(topology)
        reading.missingExchanges = ["t.work"]
        reading.troubledQueues = ["t.submit": "", "t.results": "home node of durable queue 't.results' is down"]
        #expect(
            reading.findings(topology).texts == [
                "problem exchanges: missing: t.work", "problem queues: home node of durable queue 't.results' is down",
                "problem queues: missing: t.submit",
            ])
    }

    @Test func `a service whose queue nobody consumes is a problem for a user who may not ask it`() {
        let grid = CheckedGrid.sample(role: .worker)
        var reading = NamesReading(topology)
        #expect(reading.serviceFindings(grid).isEmpty)
        reading.consumers = ["t.rpc.dispatcher": 1, "t.rpc.nameservice": 0, "t.submit": 0]
        #expect(
            reading.serviceFindings(grid).texts == [
                "ok services: the dispatcher consumes t.rpc.dispatcher; the user of a worker may not ask it",
                "problem services: nobody consumes t.rpc.nameservice: no nameservice runs",
            ])
    }

    @Test func `dead letters are a warning, and a look that ended early is a problem`() {
        var reading = NamesReading(topology)
        reading.deadLetters = 12
        #expect(reading.findings(topology).wrong.texts == ["warning queues: t.dead holds 12 messages that a program could not read"])
        reading.failure = AMQPError(.timedOut, "no answer")
        #expect(reading.findings(topology).map(\.level) == [.problem])
    }
}
