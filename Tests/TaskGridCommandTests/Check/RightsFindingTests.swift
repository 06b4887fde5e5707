import AMQP
import Foundation
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

    private static let widening =
        "name all of its types to 'taskgrid users', which changes the dispatcher's rights too; by hand these let it be a worker of these types"

    @Test func `the advice for a part gives its permissions and no more`() {
        let types = [TaskType(literal: "hash")]
        let least = UserPermissions(GridUser(name: "grid", role: .worker(types)), CheckedGrid.sample().topology)
        let found = findings(.worker, read: "", types: types)
        let command = "rabbitmqctl set_permissions -p / grid '\(least.configure)' '\(least.write)' '\(least.read)'"
        #expect(
            found.map(\.level) == [.problem] && found[0].advice == "\(Self.widening), and no more: \(command)")
        let topic = ListedTopicPermission(vhost: "/", exchange: "t.results", write: "^sum$", read: "")
        let advice = findings(.worker, topics: [topic], types: types).first?.advice
        #expect(advice?.hasPrefix("\(Self.widening): rabbitmqctl ") == true)
        #expect(advice?.hasSuffix("rabbitmqctl set_topic_permissions -p / grid t.results '^(hash)$' '^$'") == true, "\(advice ?? "")")
    }

    private func asUser(of part: GridUser.Role, role: GridRole = .all, types: [TaskType] = []) throws -> [Finding] {
        let grid = CheckedGrid.sample(role: role, types: types)
        var reading = ManagementReading.healthy(grid)
        var queues = try reading.queues.get()
        queues.listed.append(ListedQueue(grid.topology.workQueue(TaskType(literal: "sum"))))
        reading.queues = .success(queues)
        let permissions = UserPermissions(GridUser(name: "grid", role: part), grid.topology)
        reading.permissions = .success([
            ListedPermission(vhost: "/", configure: permissions.configure, write: permissions.write, read: permissions.read)
        ])
        reading.topicPermissions = .success(
            permissions.keys.map { ListedTopicPermission(vhost: "/", exchange: $0, write: $1.write, read: $1.read) })
        return reading.rightsFindings(grid)
    }

    @Test(arguments: [
        (GridUser.Role.worker([TaskType(literal: "hash")]), "worker hash"), (.worker([]), "worker"),
        (.client([TaskType(literal: "sum")]), "client sum"), (.client([]), "client"), (.monitor, "monitor"), (.nameservice, "nameservice"),
    ])
    func `the user of one part is told its part first, and not to widen its rights`(part: GridUser.Role, option: String) throws {
        let found = try asUser(of: part)
        let expected = "warning rights: user 'grid' has not the rights of the whole grid, but those of one part: --role \(option)"
        #expect(found.texts == [expected])
        #expect(found.first?.advice?.hasPrefix("if it is the user of that part, say so: taskgrid check --role \(option); ") == true)
    }

    @Test func `a user of some types is told to name them, and is fine with them`() throws {
        let hash = TaskType(literal: "hash")
        for (part, role) in [(GridUser.Role.client([hash]), GridRole.client), (.worker([hash]), .worker)] {
            let found = try asUser(of: part, role: role)
            let expected = "warning rights: user 'grid' has the rights of a \(role) of some of the types alone: --role \(role) hash"
            #expect(found.texts == [expected])
            #expect(found.first?.advice?.hasPrefix("if these are its types, name them: taskgrid check --role \(role) hash; ") == true)
            #expect(try asUser(of: part, role: role, types: [hash]).map(\.level) == [.ok])
            #expect(try asUser(of: part, role: role, types: [TaskType(literal: "sum")]).contains { $0.level == .problem })
        }
    }

    @Test func `the login of the whole grid that lacks one right of the dispatcher is a problem, not a user of another part`() {
        let found = findings(write: "^t[.](?!work)")
        #expect(found.map(\.level) == [.problem] && found[0].advice?.contains("--role") == true)
    }

    @Test func `one login of both services is a warning, users of their own are told of, and what is not seen is neither`() throws {
        let grid = CheckedGrid.sample()
        var reading = ManagementReading.healthy(grid)
        func logins(_ dispatcher: String, _ nameservice: String) -> [ListedConnection] {
            [
                ListedConnection(user: dispatcher, name: "dispatcher publish"),
                ListedConnection(user: nameservice, name: "nameservice consume"),
                ListedConnection(user: "other", name: "dispatchers"), ListedConnection(user: nil, name: nil),
            ]
        }
        #expect(reading.loginFindings(grid).isEmpty && reading.rightsFindings(grid).texts == ["ok rights: \(Self.all)"])
        let warning = "warning rights: the services log in as one user, 'grid': the holder of its password is the whole grid"
        reading.logins = .success(logins("grid", "grid"))
        #expect(reading.loginFindings(grid).texts == [warning] && reading.loginFindings(.sample(role: .worker)).isEmpty)
        // Another grid in the virtual host.
        reading.logins = .success(logins("grid", "grid") + logins("u-dispatcher", "u-nameservice"))
        #expect(reading.loginFindings(grid).texts == [warning])
        // The owner's login is not the one that all have.
        reading.logins = .success(logins("all", "all"))
        #expect(reading.loginFindings(grid).texts == [warning.replacing("'grid'", with: "'all'")])
        reading.logins = .success(logins("t-dispatcher", "t-nameservice"))
        #expect(reading.loginFindings(grid).isEmpty)
        #expect(reading.rightsFindings(grid).texts == ["ok rights: \(Self.all); the services have users of their own"])
        reading.logins = .success(Array(logins("grid", "grid").prefix(1)))
        #expect(reading.loginFindings(grid).isEmpty && reading.rightsFindings(grid).texts == ["ok rights: \(Self.all)"])
    }

    private static let all = "user 'grid' has those of every part of the grid"

    @Test func `connections that are not listed yet are waited for where their service answers, and a failure is not`() async {
        let dispatcher = ListedConnection(user: "grid", name: "dispatcher publish")
        let nameservice = ListedConnection(user: "grid", name: "nameservice consume")
        func reads(_ answers: [ManagementReading.Part<[ListedConnection]>], _ services: Topology.Service...) async -> (Int, [Finding]) {
            var reading = ManagementReading.healthy(.sample())
            var count = 0
            await reading.readLogins(answering: services) {
                defer { count += 1 }
                return answers[min(count, answers.count - 1)]
            } pause: {
            }
            return (count, reading.loginFindings(.sample()))
        }
        let late = await reads(
            [.success([]), .success([dispatcher]), .success([dispatcher, nameservice])], .dispatcher, .nameservice)
        #expect(late.0 == 3 && late.1.count == 1)
        #expect(await reads([.success([dispatcher]), .success([dispatcher, nameservice])], .dispatcher).0 == 1)
        #expect(await reads([.success([])]).0 == 1)
        #expect(await reads([.success([])], .dispatcher).0 == 14)
        #expect(await reads([.failure(ManagementInterface.Failure(status: 401, reason: "no"))], .dispatcher).0 == 1)
    }

    @Test func `connections are neither read nor missed for the user of one part`() async {
        let failure = ManagementInterface.Failure(reason: "not asked")
        for (role, isMissed) in [(GridRole.worker, false), (.all, true)] {
            let grid = CheckedGrid.sample(role: role)
            var reading = ManagementReading.healthy(grid)
            reading.logins = .failure(failure)
            if role == .worker { await reading.readLogins(of: grid, answering: [.dispatcher]) }
            #expect(reading.logins == .failure(failure))
            #expect(reading.findings(of: grid).contains { $0.found.hasPrefix("connections were not looked at") } == isMissed)
        }
    }

    @Test(arguments: [
        (#"{"name":"a","tags":["monitoring"]}"#, true), (#"{"name":"a","tags":["policymaker","administrator"]}"#, true),
        (#"{"name":"a","tags":"monitoring,management"}"#, true), (#"{"name":"a","tags":["management"]}"#, false),
        (#"{"name":"a","tags":""}"#, false),
    ])
    func `a login's tags say whether it is listed the connections of others`(body: String, seesAll: Bool) throws {
        #expect(try JSONDecoder().decode(ManagementInterface.Login.self, from: Data(body.utf8)).seesAllConnections == seesAll)
    }

    @Test func `connections are read with their users and what their programs call them`() throws {
        let text = """
            [{"client_properties":{"connection_name":"dispatcher consume","capabilities":{"consumer_cancel_notify":true}},"user":"a"},
            {"client_properties":[],"user":"b"},{"name":"c"}]
            """
        #expect(
            try JSONDecoder().decode([ListedConnection].self, from: Data(text.utf8)) == [
                ListedConnection(user: "a", name: "dispatcher consume"), ListedConnection(user: "b", name: nil),
                ListedConnection(user: nil, name: nil),
            ])
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
