import ArgumentParser
import Foundation
import TaskGridCore
import Testing
import Yams

@testable import TaskGridCommand

/// Who logs in to the broker as whom in `compose/docker-compose.yml`.
@Suite("The users of the containers")
struct ComposeUsersTests {
    /// A user that the service `users` makes.
    private struct Made: Hashable {
        let kind: String
        /// With its types.
        let name: String
        /// The variable of its password.
        let password: String
    }

    private let services: [String: [String: Any]]
    private let made: [Made]

    init() throws {
        let text = try String(contentsOf: repositoryFile("compose/docker-compose.yml"), encoding: .utf8)
        let file = try #require(try Yams.load(yaml: text) as? [String: Any])
        services = try #require(file["services"] as? [String: [String: Any]])
        let users = try #require((services["users"]?["environment"] as? [String: Any])?["GRID_USERS"] as? String)
        made = users.matches(of: /(\w+) ([\w=-]+) \$\{(\w+):\?[^}]*\}/).map {
            Made(kind: String($0.1), name: String($0.2), password: String($0.3))
        }
        // Nothing else but those of programs of one's own.
        #expect(users.replacing(#/\w+ [\w=-]+ \$\{\w+:\?[^}]*\} /#, with: "") == "${OWN_USERS:-}")
    }

    private func environment(_ service: [String: Any]) -> [String: String] {
        (service["environment"] as? [String: Any] ?? [:]).mapValues { "\($0)" }
    }

    /// The services that a variable is given to.
    private func readers(of variable: String) -> Set<String> {
        Set(services.filter { environment($0.value).values.contains { $0.contains("${\(variable):") } }.map(\.key))
    }

    @Test func `the administrator's login is the broker's own, and that of the service that makes users`() {
        #expect(readers(of: "RABBITMQ_PASSWORD") == ["rabbitmq", "rabbitmq-2", "rabbitmq-3", "users"])
        #expect(services.filter { environment($0.value)["TASKGRID_ADMIN"] != nil }.map(\.key) == ["users"])
        #expect(environment(services["users"] ?? [:])["TASKGRID_BROKER"] == nil)
    }

    @Test func `each service logs in as a user of its own, whose password no other has, with the names of a grid on one machine`() throws {
        let topology = Topology()
        var expected = [
            "dispatcher": topology.users.dispatcher, "nameservice": topology.users.nameservice, "monitor": topology.users.monitor,
            "test-client": "taskgrid-client",
        ]
        for type in ["reverse", "sum", "hash", "upper", "wait"] { expected["worker-\(type)"] = "worker-\(type)" }
        let own = services.filter { $0.value["image"] as? String == "taskgrid" && $0.key != "users" }
        #expect(Set(own.keys) == Set(expected.keys))
        for (name, service) in own {
            let url = try #require(environment(service)["TASKGRID_BROKER"])
            let login = try #require(
                url.firstMatch(of: /^amqp:\/\/([\w-]+):\$\{(\w+):\?[^}]*\}@\$\{RABBITMQ_HOSTS:-rabbitmq\}$/), "\(name)")
            #expect(String(login.1) == expected[name])
            #expect(readers(of: String(login.2)) == [name, "users"])
            let user = made.filter { $0.password == String(login.2) }
            #expect(user.count == 1 && user.first?.name.prefix { $0 != "=" } == login.1, "\(name)")
        }
        #expect(made.count == own.count)
    }

    @Test func `each user may do what its service is for`() throws {
        let options = made.filter { $0.kind != "service" }.flatMap { ["--\($0.kind)", $0.name] }
        let command = try #require(try TaskGrid.parseAsRoot(["users", "secrets"] + options) as? UsersCommand)
        let users = command.users(Topology())
        #expect(Set(users.map(\.name)) == Set(made.map { String($0.name.prefix { $0 != "=" }) }))
        for user in users {
            guard case .worker(let types) = user.role else { continue }
            #expect(["worker"] + types.map(\.name) == services[user.name]?["command"] as? [String], "\(user.name)")
        }
    }

    @Test func `two services read the rights where the users' service puts them, and no other may write there`() throws {
        let file = try #require(environment(services["users"] ?? [:])["RIGHTS_FILE"])
        for reader in ["dispatcher", "nameservice"] {
            let command = try #require(services[reader]?["command"] as? [String])
            #expect(command.suffix(2) == ["--rights", file])
        }
        let folder = URL(filePath: file).deletingLastPathComponent().path
        for (name, service) in services {
            let volume = (service["volumes"] as? [String])?.first { $0.hasPrefix("rights:") }
            let volumes = ["users": "rights:\(folder)", "dispatcher": "rights:\(folder):ro", "nameservice": "rights:\(folder):ro"]
            #expect(volume == volumes[name], "\(name)")
        }
        // A volume begins as the image's folder.
        let image = try String(contentsOf: repositoryFile("compose/Dockerfile"), encoding: .utf8)
        #expect(image.contains(/install -d -o taskgrid -g taskgrid [^\n]*\/etc\/taskgrid$/.anchorsMatchLineEndings()))
    }

    /// Runs `compose/users.sh` with a `taskgrid` that shows its arguments and the passwords that it finds.
    private func script(_ users: String, _ body: (_ code: Int32, _ output: String, _ rights: String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "compose-users-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: "\(folder)/bin", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let program = "#!/bin/sh\nshift; cd \"$1\"; shift; echo \"$@\"; stat -c '%a' .; stat -c '%a %n' *; cat *; echo '{}' >rights.json\n"
        try program.write(toFile: "\(folder)/bin/taskgrid", atomically: false, encoding: .utf8)
        chmod("\(folder)/bin/taskgrid", 0o755)
        let (process, output) = (Process(), Pipe())
        process.executableURL = repositoryFile("compose/users.sh")
        process.environment = [
            "PATH": "\(folder)/bin:/usr/bin:/bin", "TMPDIR": folder, "GRID_USERS": users, "RIGHTS_FILE": "\(folder)/rights.json",
        ]
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { ["bin", "rights.json"].contains($0) })
        try body(process.terminationStatus, text, "\(folder)/rights.json")
    }

    @Test func `the script gives passwords in files that only it reads, and leaves the rights alone behind, for all to read`() throws {
        try script("service grid-monitor one\n worker crew=hash,sum two  client app three") { code, output, rights in
            #expect(code == 0)
            #expect(
                output.split(separator: "\n") == [
                    "--worker crew=hash,sum --client app --import", "700", "600 app.password", "600 crew.password",
                    "600 grid-monitor.password", "three", "two", "one",
                ])
            let mode = try FileManager.default.attributesOfItem(atPath: rights)[.posixPermissions] as? Int
            #expect(mode == 0o644)
        }
    }

    @Test(arguments: ["", "worker crew=hash", "worker crew=hash one client", "worker crew=hash one secret guest me"])
    func `the script refuses a list of users that is none, without its passwords`(users: String) throws {
        try script(users) { code, output, rights in
            #expect(code == 1 && output.hasPrefix("users: GRID_USERS") && !output.contains("secret"), "\(output)")
            #expect(!FileManager.default.fileExists(atPath: rights))
        }
    }
}
