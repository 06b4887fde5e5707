import AMQP
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("Policies that hurt")
struct PolicyFindingTests {
    /// The findings where a policy is in force for one queue.
    private func findings(
        _ queue: String, _ definition: FieldTable, kind: Queue.Kind = .classic, version: String = "4.0.5", arguments: FieldTable? = nil
    ) throws -> [Finding] {
        let grid = CheckedGrid.sample(kind)
        var reading = ManagementReading.healthy(grid)
        reading.policies = .success([.sample("hurt", "^\(queue)$", definition)])
        if let arguments { try reading.change(queue) { $0.arguments = QueueSettings(arguments) } }
        return reading.policyFindings(grid, BrokerVersion(version))
    }

    @Test(arguments: ["t.submit", "t.results", "t.work.hash"])
    func `a length that drops tasks is a problem, and names the queue and the policy`(queue: String) throws {
        let found = try findings(queue, ["max-length": 10])
        #expect(found.map(\.level) == [.problem] && found[0].found.hasPrefix("\(queue): max-length 10, drop-head: "))
        #expect(found[0].found.hasSuffix("(policy 'hurt')") && found[0].advice?.isEmpty == false)
        #expect(try findings(queue, ["max-length-bytes": 1_073_741_824, "overflow": "drop-head"]).map(\.level) == [.problem])
    }

    @Test func `a bounded submit queue that refuses is what an operator should have; another queue that refuses is a warning`() throws {
        let definition: FieldTable = ["max-length-bytes": 1_073_741_824, "overflow": "reject-publish"]
        #expect(try findings("t.submit", definition).texts == ["ok policies: hurt: in force, and not harmful, for the grid's 8 queues"])
        #expect(try findings("t.work.hash", definition).map(\.level) == [.warning])
        #expect(try findings("t.results", definition).map(\.level) == [.warning])
    }

    @Test func `a time after which tasks are dropped, or a queue is deleted, is a problem`() throws {
        for queue in ["t.submit", "t.results", "t.work.hash"] {
            #expect(try findings(queue, ["message-ttl": 3_600_000]).map(\.level) == [.problem])
            #expect(try findings(queue, ["expires": 3_600_000]).map(\.level) == [.problem])
        }
        #expect(try findings("t.rpc.dispatcher", ["expires": 60_000]).map(\.level) == [.warning])
        #expect(try findings("t.reply.c", ["expires": 60_000]).map(\.level) == [.ok])
    }

    @Test func `other queues may be bounded, as long as there is room for what comes in a moment`() throws {
        #expect(try findings("t.dead", ["message-ttl": 1000]).map(\.level) == [.ok])
        for queue in ["t.rpc.dispatcher", "t.control.w", "t.reply.c"] {
            #expect(try findings(queue, ["message-ttl": 1000]).map(\.level) == [.warning])
            #expect(try findings(queue, ["message-ttl": 60_000]).map(\.level) == [.ok])
            #expect(try findings(queue, ["max-length": 10]).map(\.level) == [.warning])
            #expect(try findings(queue, ["max-length": 50_000]).map(\.level) == [.ok])
        }
    }

    @Test func `the smaller delivery limit counts: a policy's below the queue's own is a problem`() throws {
        #expect(try findings("t.work.hash", ["delivery-limit": 20], kind: .quorum).map(\.level) == [.problem])
        #expect(try findings("t.work.hash", ["delivery-limit": 5000], kind: .quorum).map(\.level) == [.ok])
        // RabbitMQ 4 takes a negative one for none.
        #expect(try findings("t.work.hash", ["delivery-limit": -1], kind: .quorum).map(\.level) == [.ok])
    }

    @Test func `a quorum queue that says no delivery limit has RabbitMQ 4's own`() throws {
        let arguments: FieldTable = ["x-queue-type": "quorum"]
        let found = try findings("t.work.hash", [:], kind: .quorum, arguments: arguments)
        #expect(found.map(\.level) == [.problem] && found[0].found.contains("delivery-limit 20"))
        #expect(try findings("t.work.hash", [:], kind: .quorum, version: "3.10.8", arguments: arguments).map(\.level) == [.ok])
    }

    @Test func `a short consumer timeout, a dead-letter exchange of the grid and mirroring are warnings`() throws {
        #expect(try findings("t.work.hash", ["consumer-timeout": 10_000]).map(\.level) == [.warning])
        #expect(try findings("t.work.hash", ["consumer-timeout": 1_800_000]).map(\.level) == [.ok])
        #expect(try findings("t.work.hash", ["dead-letter-exchange": "t.work"]).map(\.level) == [.warning])
        #expect(try findings("t.work.hash", ["dead-letter-exchange": "elsewhere"]).map(\.level) == [.ok])
        #expect(try findings("t.work.hash", ["ha-mode": "all"], version: "3.10.8").map(\.level) == [.warning])
    }

    @Test func `one policy on several queues is one finding, and queues of others are left alone`() throws {
        let grid = CheckedGrid.sample()
        var reading = ManagementReading.healthy(grid)
        reading.operatorPolicies = .success([.sample("all", "^t[.](results|work[.]|blue)", ["message-ttl": 1000])])
        var other = ListedQueue(grid.topology.submitQueue)
        other.name = "t.blue.submit"
        var queues = try reading.queues.get()
        queues.listed.append(other)
        reading.queues = .success(queues)
        let found = reading.policyFindings(grid, BrokerVersion("4.0.5"))
        #expect(found.count == 1 && found[0].found.hasPrefix("t.results, t.work.hash: message-ttl 1000 ms"), "\(found)")
        #expect(found[0].found.hasSuffix("(operator policy 'all')"))
        #expect(found[0].advice?.hasSuffix("rabbitmqctl list_operator_policies -p /") == true)
    }

    // MARK: Which policies are in force

    /// The policies that are named with the time to live of `t.submit`.
    private func named(_ policies: [ListedPolicy], _ operators: [ListedPolicy] = []) -> [String] {
        var reading = ManagementReading.healthy()
        reading.policies = .success(policies)
        reading.operatorPolicies = .success(operators)
        return reading.policyFindings(.sample(), BrokerVersion("4.0.5")).wrong.map { String($0.found.drop { $0 != "(" }) }
    }

    @Test func `of several policies the one of the highest priority is in force, whatever the others say`() {
        let (low, high) = (ListedPolicy.sample("low", "submit", ["message-ttl": 1]), ListedPolicy.sample("high", "^t", [:], priority: 1))
        #expect(named([low]) == ["(policy 'low')"])
        #expect(named([low, high]).isEmpty && named([high, low]).isEmpty)
    }

    @Test(arguments: [("all", true), ("queues", true), ("classic_queues", true), ("quorum_queues", false), ("exchanges", false)])
    func `a policy is in force for what it applies to`(appliesTo: String, isInForce: Bool) {
        #expect(named([.sample("p", "submit", ["message-ttl": 1], appliesTo: appliesTo)]).isEmpty == !isInForce)
    }

    @Test func `a policy with a setting that the kind of the queue does not have is not in force`() throws {
        #expect(named([.sample("p", "submit", ["message-ttl": 1, "delivery-limit": 5])]).isEmpty)
        #expect(try findings("t.submit", ["message-ttl": 1, "ha-mode": "all"], kind: .quorum).map(\.level) == [.ok])
    }

    @Test func `a policy is named for what it says itself, and the one that says less counts`() {
        let time = ListedPolicy.sample("time", "submit", ["message-ttl": 1])
        #expect(
            named([time], [.sample("other", "submit", ["max-length": 1_000_000, "overflow": "reject-publish"])]) == ["(policy 'time')"])
        #expect(named([.sample("long", "submit", ["message-ttl": 500])], [time]) == ["(operator policy 'time')"])
        #expect(named([time], [time]) == ["(policy 'time', operator policy 'time')"])
    }

    @Test func `a queue's own limit that is smaller than a policy's is not laid to the policy`() throws {
        let own: FieldTable = ["x-queue-type": "quorum", "x-delivery-limit": 20]
        let found = try findings("t.work.hash", ["delivery-limit": 5000], kind: .quorum, arguments: own)
        #expect(found.texts == ["problem policies: t.work.hash: delivery-limit 20: a message that comes back more often is dropped"])
        #expect(found[0].advice?.hasPrefix("restart the services") == true)
    }

    @Test func `a pattern that cannot be read is a warning`() {
        var reading = ManagementReading.healthy()
        reading.policies = .success([.sample("odd", "(", ["message-ttl": 1])])
        let wrong = reading.policyFindings(.sample(), BrokerVersion("4.0.5")).wrong
        #expect(wrong.texts == ["warning policies: the pattern '(' of policy 'odd' cannot be read here"])
    }
}
