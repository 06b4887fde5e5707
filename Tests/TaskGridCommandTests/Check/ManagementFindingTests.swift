import AMQP
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("What the management interface says")
struct ManagementFindingTests {
    @Test(arguments: Queue.Kind.allCases) func `a healthy grid has nothing wrong`(kind: Queue.Kind) {
        let grid = CheckedGrid.sample(kind)
        let findings = ManagementReading.healthy(grid).findings(of: grid)
        #expect(findings.wrong.isEmpty, "\(findings.wrong)")
        #expect(Set(findings.map(\.subject)).isSuperset(of: [.management, .nodes, .kinds, .bindings, .policies, .rights, .limits]))
        #expect(findings.contains { $0.subject == .members } == (kind == .quorum))
    }

    @Test func `one that cannot be reached is one warning, which names what was not looked at`() {
        let grid = CheckedGrid.sample()
        let silent = ManagementReading(ManagementInterface(beside: grid.endpoint), without: .init(reason: "Connection refused"))
        let findings = silent.findings(of: grid)
        #expect(findings.count == 1 && findings[0].level == .warning && findings[0].found.contains("policies, rights and limits"))
        #expect(findings[0].advice?.contains("rabbitmq-plugins enable") == true && !findings[0].found.contains("secret"))
        let refused = ManagementReading(
            ManagementInterface(beside: grid.endpoint), without: .init(status: 401, reason: "Not management user"))
        #expect(refused.findings(of: grid)[0].advice?.contains("set_user_tags") == true)
    }

    @Test func `parts that the user may not see are one warning, and the others are looked at`() {
        let grid = CheckedGrid.sample()
        var reading = ManagementReading.healthy(grid)
        reading.nodes = .failure(.init(status: 401, reason: "Not monitor user"))
        reading.permissions = .failure(.init(status: 401, reason: "Not administrator user"))
        let wrong = reading.findings(of: grid).wrong
        #expect(wrong.count == 1 && wrong[0].found.hasPrefix("nodes, rights were not looked at"), "\(wrong)")
    }

    @Test func `of a virtual host that is not there only the broker is looked at`() {
        let grid = CheckedGrid.sample()
        var reading = ManagementReading.healthy(grid)
        let failure = ManagementInterface.Failure(status: 404, reason: "Not Found")
        (reading.queues, reading.exchanges, reading.policies) = (.failure(failure), .failure(failure), .failure(failure))
        reading.permissions = .success([])
        let findings = reading.findings(of: grid)
        #expect(findings.map(\.subject) == [.management, .nodes] && findings.wrong.isEmpty, "\(findings)")
    }

    @Test func `deprecated features in use are a warning`() {
        let grid = CheckedGrid.sample()
        var reading = ManagementReading.healthy(grid)
        reading.deprecated = .success([Named(name: "transient_nonexcl_queues")])
        #expect(reading.findings(of: grid).wrong.map(\.subject) == [.deprecated])
    }

    // MARK: Nodes

    private func nodes(_ grid: CheckedGrid = .sample(), _ nodes: ListedNode...) -> [Finding] {
        var reading = ManagementReading.healthy(grid)
        reading.nodes = .success(nodes)
        return reading.nodeFindings(grid)
    }

    @Test func `a node that does not run is a warning; a split and an alarm are problems`() {
        let grid = CheckedGrid.sample(.quorum, addresses: 3)
        let (one, two) = (ListedNode(name: "one", running: true), ListedNode(name: "two", running: true))
        #expect(
            nodes(grid, one, two, ListedNode(name: "three", running: true)).texts == ["ok nodes: 3 nodes, which all run, without alarms"])
        #expect(
            nodes(grid, one, two, ListedNode(name: "three", running: false)).texts == ["warning nodes: three of 3 nodes do not run"])
        let split = nodes(grid, one, two, ListedNode(name: "three", running: true, partitions: ["one"]))
        #expect(split.texts == ["problem nodes: three do not see other nodes: the cluster is split"])
        let full = nodes(grid, one, two, ListedNode(name: "three", running: true, hasMemoryAlarm: true, hasDiskAlarm: true))
        #expect(full.map(\.level) == [.problem, .problem] && full[0].found.contains("memory") && full[1].found.contains("disk"))
        #expect(nodes(grid, one, two, ListedNode(name: "three", running: true, isBeingDrained: true)).map(\.level) == [.warning])
    }

    @Test func `a cluster of two nodes, one address of several, and classic queues in a cluster are warnings`() {
        let (one, two, three) =
            (ListedNode(name: "one", running: true), ListedNode(name: "two", running: true), ListedNode(name: "three", running: true))
        #expect(nodes(.sample(.quorum, addresses: 2), one, two).wrong.count == 1)
        #expect(nodes(.sample(.quorum, addresses: 1), one, two, three).wrong.count == 1)
        #expect(nodes(.sample(.classic, addresses: 3), one, two, three).wrong.map(\.subject) == [.kinds])
    }

    // MARK: Kinds and arguments

    @Test func `queues of the other kind are a problem: the option where all are, else how they are replaced`() throws {
        let quorum = CheckedGrid.sample(.quorum)
        let all = ManagementReading.healthy(.sample(.classic)).kindFindings(quorum)
        #expect(all.map(\.level) == [.problem] && all[0].advice?.contains("--queue-kind classic") == true)
        var reading = ManagementReading.healthy(quorum)
        try reading.change("t.work.hash") { $0.kind = "classic" }
        let one = reading.kindFindings(quorum)
        #expect(one.texts == ["problem kinds: t.work.hash: classic, and the grid's kind of queues is quorum"])
        #expect(one[0].advice?.contains("delete_queue") == true)
    }

    @Test func `a queue with other arguments is a warning, and the kind that RabbitMQ 4 adds to them is none`() throws {
        var reading = ManagementReading.healthy()
        #expect(reading.kindFindings(.sample()).wrong.isEmpty)
        try reading.change("t.results") { $0.arguments = QueueSettings(["x-max-length": 5]) }
        #expect(reading.kindFindings(.sample()).map(\.level) == [.warning])
    }

    @Test func `a virtual host that makes new queues quorum is a problem for a classic grid alone`() {
        for (kind, count) in [(Queue.Kind.classic, 1), (.quorum, 0)] {
            let grid = CheckedGrid.sample(kind)
            var reading = ManagementReading.healthy(grid)
            reading.virtualHosts = .success([ListedVirtualHost(name: "/", defaultQueueType: "quorum")])
            #expect(reading.kindFindings(grid).count { $0.level == .problem } == count)
            // As RabbitMQ 3.10 says that there is none.
            reading.virtualHosts = .success([ListedVirtualHost(name: "/", defaultQueueType: "undefined")])
            #expect(reading.kindFindings(grid).wrong.isEmpty)
        }
    }

    @Test func `an exchange of another kind, or with an alternate, is a problem`() throws {
        for change in [
            ListedExchange(name: "t.work", kind: "fanout", durable: true),
            ListedExchange(
                name: "t.work", kind: Topology(prefix: "t").work.kind.rawValue, durable: true,
                arguments: QueueSettings(["alternate-exchange": "x"])),
        ] {
            var reading = ManagementReading.healthy()
            reading.exchanges = .success(try reading.exchanges.get().filter { $0.name != "t.work" } + [change])
            #expect(reading.exchangeFindings(.sample()).map(\.level) == [.problem])
        }
    }

    // MARK: Members

    private func members(_ up: Int, of count: Int, leader: String? = "1", nodes: Int = 3) throws -> [Finding] {
        let grid = CheckedGrid.sample(.quorum)
        var reading = ManagementReading.healthy(grid)
        reading.nodes = .success((1...nodes).map { ListedNode(name: "\($0)", running: true) })
        for name in try reading.queues.get().listed.map(\.name) {
            try reading.change(name) { queue in
                queue.members = (1...count).map(String.init)
                queue.online = queue.members.map { Array($0.prefix(up)) }
                queue.leader = leader
            }
        }
        return reading.memberFindings(grid)
    }

    @Test func `a quorum queue without a majority or a leader is a problem, a member that is down a warning`() throws {
        #expect(try members(3, of: 3).map(\.level) == [.ok])
        #expect(try members(2, of: 3).map(\.level) == [.warning])
        #expect(try members(1, of: 3).map(\.level) == [.problem])
        #expect(try members(1, of: 2).contains { $0.level == .problem })
        #expect(try members(3, of: 3, leader: "").map(\.level) == [.problem])
        #expect(try members(3, of: 3, leader: nil).map(\.level) == [.problem])
    }

    @Test func `a queue on fewer than three nodes of a larger cluster is a warning`() throws {
        #expect(try members(1, of: 1).map(\.level) == [.warning])
        #expect(try members(1, of: 1, nodes: 1).map(\.level) == [.ok])
    }

    @Test func `a queue whose node is down is a problem`() throws {
        var reading = ManagementReading.healthy()
        try reading.change("t.submit") { $0.state = "down" }
        #expect(reading.memberFindings(.sample()).texts == ["problem members: t.submit: down"])
    }

    // MARK: Limits

    @Test(arguments: [(20, [Finding.Level.problem]), (24, [.warning]), (26, [.ok]), (-1, [.ok]), (0, [.problem])])
    func `a limit of queues is judged by how many there are`(limit: Int, levels: [Finding.Level]) {
        var reading = ManagementReading.healthy()
        reading.limits = .success(["max-queues": limit])
        #expect(reading.limitFindings(.sample()).map(\.level) == levels)
    }

    @Test func `a limit of connections is judged by how many there are, and a user's by what a service needs`() {
        var reading = ManagementReading.healthy()
        reading.limits = .success(["max-connections": 10])
        reading.connections = .success(10)
        #expect(reading.limitFindings(.sample()).map(\.level) == [.problem])
        reading.connections = .success(2)
        #expect(reading.limitFindings(.sample()).map(\.level) == [.ok])
        reading.userLimits = .success(["max-connections": 5])
        #expect(reading.limitFindings(.sample()).map(\.level) == [.warning])
    }
}
