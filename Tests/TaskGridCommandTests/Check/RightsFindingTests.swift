import AMQP
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("Rights of the broker's user")
struct RightsFindingTests {
    private func findings(
        _ role: GridRole = .all, configure: String = "^t[.]", write: String = "^t[.]", read: String = "^t[.]",
        topics: [ListedTopicPermission] = [], types: [TaskType] = []
    ) -> [Finding] {
        let grid = CheckedGrid.sample(role: role, types: types)
        var reading = ManagementReading.healthy(grid)
        reading.permissions = .success([
            ListedPermission(vhost: "other", configure: ".*", write: ".*", read: ".*"),
            ListedPermission(vhost: "/", configure: configure, write: write, read: read),
        ])
        reading.topicPermissions = .success(topics)
        return reading.rightsFindings(grid)
    }

    @Test(arguments: GridRole.allCases) func `the grid's prefix in all three patterns is enough for every part`(role: GridRole) {
        #expect(findings(role).map(\.level) == [.ok])
    }

    @Test func `each operation that a pattern forbids is a problem, which names what is refused and the command`() {
        let found = findings(configure: "^$", write: "", read: "^t[.](?!work)")
        #expect(found.map(\.level) == [.problem, .problem, .problem])
        #expect(found[0].found.contains("may not configure") && found[1].found.contains("may not write to"))
        #expect(found[2].found == "user 'grid' may not read from t.work, t.work.hash: its pattern is '^t[.](?!work)'")
        #expect(found.allSatisfy { $0.advice?.contains("set_permissions -p / grid '^t[.]' '^t[.]' '^t[.]'") == true })
    }

    @Test func `a worker needs no more than it uses, where the dispatcher has declared the rest`() {
        let own = "^t[.]control[.]"
        #expect(
            findings(.worker, configure: own, write: "^t[.](control|results|registry|dead)", read: "^t[.](control|work[.]hash)")
                .map(\.level) == [.ok])
        #expect(
            findings(.client, configure: "^t[.]reply[.]", write: "^t[.](reply[.]|submit|rpc|dead)", read: "^t[.](reply|events)").map(
                \.level) == [.ok])
        #expect(findings(.client, configure: own).map(\.level) == [.problem])
        // A work queue that is not there is declared by the dispatcher.
        let read = "^t[.](control|work[.]sum)"
        #expect(
            findings(
                .worker, configure: own, write: "^t[.](control|results|registry|dead)", read: read, types: [TaskType(literal: "sum")]
            )
            .map(\.level) == [.ok])
    }

    @Test(arguments: GridRole.allCases) func `the permissions of taskgrid users are enough for each part`(role: GridRole) {
        let hash = TaskType(literal: "hash")
        guard let part = role.role(types: [hash]) else { return }
        let topology = CheckedGrid.sample().topology
        let permissions = UserPermissions(GridUser(name: "grid", role: part), topology)
        let topics = permissions.keys.map { ListedTopicPermission(vhost: "/", exchange: $0, write: $1.write, read: $1.read) }
        let found = findings(
            role, configure: permissions.configure, write: permissions.write, read: permissions.read, topics: topics, types: [hash])
        #expect(found.map(\.level) == [.ok], "\(found)")
    }

    @Test func `the advice for a part gives its permissions and no more`() {
        let types = [TaskType(literal: "hash")]
        let least = UserPermissions(GridUser(name: "grid", role: .worker(types)), CheckedGrid.sample().topology)
        let found = findings(.worker, read: "", types: types)
        let command = "rabbitmqctl set_permissions -p / grid '\(least.configure)' '\(least.write)' '\(least.read)'"
        #expect(
            found.map(\.level) == [.problem] && found[0].advice == "widen the pattern; these let it be a worker and no more: \(command)")
        let topic = ListedTopicPermission(vhost: "/", exchange: "t.results", write: "^sum$", read: "")
        let advice = findings(.worker, topics: [topic], types: types).first?.advice
        #expect(advice?.hasSuffix("rabbitmqctl set_topic_permissions -p / grid t.results '^(hash)$' '^$'") == true, "\(advice ?? "")")
    }

    @Test func `no rights in the virtual host is a problem, and an unknown user a warning`() {
        let grid = CheckedGrid.sample()
        var reading = ManagementReading.healthy(grid)
        reading.permissions = .success([ListedPermission(vhost: "other", configure: ".*", write: ".*", read: ".*")])
        #expect(reading.rightsFindings(grid).texts == ["problem rights: user 'grid' has no rights in the virtual host '/'"])
        reading.permissions = .failure(.init(status: 404, reason: "Object Not Found"))
        #expect(reading.rightsFindings(grid).map(\.level) == [.warning])
    }

    @Test func `a topic permission has to allow the routing keys that are used`() {
        func topic(write: String = ".*", read: String = ".*", vhost: String = "/") -> ListedTopicPermission {
            ListedTopicPermission(vhost: vhost, exchange: "t.submit", write: write, read: read)
        }
        #expect(findings(.client, topics: [topic(write: "^hash$")]).map(\.level) == [.ok])
        let found = findings(.client, topics: [topic(write: "^sum$")])
        #expect(found.texts == ["problem rights: user 'grid' may not use t.submit with the routing keys 'hash'"])
        #expect(findings(.client, topics: [topic(write: "^$", vhost: "other")]).map(\.level) == [.ok])
        #expect(findings(.dispatcher, topics: [topic(read: "^hash$")]).map(\.level) == [.problem])
    }

    @Test(arguments: [("^a", "abc", true), ("b", "abc", true), ("^b", "abc", false), ("", "abc", false), (".*", "", true)])
    func `a pattern may match any part of a name, and an empty one matches nothing`(pattern: String, name: String, isAllowed: Bool) throws {
        #expect(try #require(RightsPattern(pattern)).allows(name) == isAllowed)
    }

    @Test func `a pattern that cannot be read is a warning`() {
        #expect(findings(read: "(").map(\.level) == [.warning])
    }
}
