import AMQP
import ArgumentParser
import Foundation
import LocalGrid
import TaskGridConfiguration
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("taskgrid users")
struct UsersCommandTests {
    private func users(_ arguments: String...) throws -> [GridUser] {
        let command = try #require(try TaskGrid.parseAsRoot(["users", "secrets"] + arguments) as? UsersCommand)
        return command.users(Topology())
    }

    @Test func `makes a user for each service, one for workers and one for clients`() throws {
        let users = try users("--types", "hash,sum")
        let types = ["hash", "sum"].map { TaskType(literal: $0) }
        let services = ["taskgrid-dispatcher", "taskgrid-nameservice", "taskgrid-monitor"]
        #expect(users.map(\.name) == services + ["taskgrid-worker", "taskgrid-client"])
        #expect(users.suffix(2).map(\.role) == [.worker(types), .client(types)])
    }

    @Test func `makes a user for each group of workers and each client that is named`() throws {
        let users = try users("--types", "sum", "--worker", "crew=hash", "--worker", "others", "--client", "app=hash,sum")
        #expect(users.dropFirst(3).map(\.name) == ["crew", "others", "app"])
        #expect(users[3].role == .worker([TaskType(literal: "hash")]) && users[4].role == .worker([TaskType(literal: "sum")]))
    }

    @Test(arguments: ["Crew", "a.b", "type", "crew=HASH", "", "crew=", "crew=,", "=hash"])
    func `a group whose name no user can have, or whose types are none, is refused`(group: String) {
        #expect(throws: (any Error).self) { try TaskGrid.parseAsRoot(["users", "secrets", "--worker", group]) }
    }

    @Test(arguments: [("hash,,wait", "name 2"), (",hash", "name 1"), ("hash,", "name 2")])
    func `an empty name in a list of types is told, and not dropped`(types: String, place: String) {
        for arguments in [["--worker", "crew=\(types)"], ["--types", types]] {
            let error = #expect(throws: (any Error).self) { try TaskGrid.parseAsRoot(["users", "secrets"] + arguments) }
            let message = error.map { TaskGrid.message(for: $0) } ?? ""
            #expect(message.contains("\(place) of '\(types)' is empty"), "\(message)")
        }
    }

    @Test(arguments: ["--worker", "--client"]) func `the administrator of a grid of taskgrid up is nobody's name`(option: String) {
        let error = #expect(throws: (any Error).self) { try TaskGrid.parseAsRoot(["users", "secrets", option, "taskgrid=hash"]) }
        #expect(error.map { TaskGrid.message(for: $0) }?.contains("'taskgrid' is the administrator") == true)
    }

    @Test func `an import takes neither the login that it is made with nor those of a grid that runs`() throws {
        let data = FileManager.default.temporaryDirectory.appending(path: "taskgrid-users-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: data) }
        let folder = GridFolder(data)
        func failure(_ url: String, prefix: String = "taskgrid", worker: String = "crew") throws -> String? {
            let users = GridUser.services(of: Topology(prefix: prefix)) + [GridUser(name: worker, role: .worker([]))]
            let interfaces = try ["http://admin:x@other:4001", url].map { url in try ManagementInterface(url: url, endpoint: Endpoint()) }
            do throws(Failure) {
                try UsersCommand.check(users, for: interfaces, besides: folder)
                return nil
            } catch {
                return error.message
            }
        }
        let own = ["http://admin:x@127.0.0.1:4001", "http://admin:x@localhost:4002"]
        for url in own { #expect(try failure(url) == nil) }
        #expect(try failure("http://crew:x@host:1")?.hasPrefix("'crew' is the login") == true)
        for (topology, isGrid) in [(nil, false), (Topology(), true)] as [(Topology?, Bool)] {
            let file = GridFile(
                amqp: "amqp://h", monitor: nil, admin: "http://taskgrid:x@127.0.0.1:4001",
                otherAdmins: ["http://taskgrid:x@127.0.0.1:4002"], pid: getpid(), topology: topology)
            try JSONEncoder().encode(file).write(to: URL(filePath: folder.gridFile))
            chmod(folder.gridFile, 0o600)
            for url in own {
                let text = try failure(url)
                #expect((text?.contains("taskgrid-dispatcher, taskgrid-nameservice, taskgrid-monitor would") == true) == isGrid)
                #expect(try (failure(url, prefix: "b", worker: "worker-hash")?.contains("worker-hash would") == true) == isGrid)
                // Another grid on the same broker.
                #expect(try failure(url, prefix: "b") == nil)
            }
            #expect(try failure("http://admin:x@127.0.0.1:4003") == nil)
        }
    }

    @Test func `the folder is made for its owner alone, and refused where others may write to it`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "taskgrid-users-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let command = try #require(try TaskGrid.parseAsRoot(["users", folder]) as? UsersCommand)
        try command.makeFolder()
        #expect(try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? Int == 0o700)
        for mode in [0o777, 0o770] as [mode_t] {
            chmod(folder, mode)
            let failure = #expect(throws: Failure.self) { try command.makeFolder() }
            #expect(failure?.message?.contains("other users may write to \(folder)") == true)
        }
        chmod(folder, 0o755)
        try command.makeFolder()
    }

    @Test(.enabled(if: geteuid() == 0, "only root gives a folder to another user"))
    func `a folder of another user is refused`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "taskgrid-users-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let command = try #require(try TaskGrid.parseAsRoot(["users", folder]) as? UsersCommand)
        try command.makeFolder()
        try #require(chown(folder, 65_534, 65_534) == 0)
        let failure = #expect(throws: Failure.self) { try command.makeFolder() }
        #expect(failure?.message?.contains("belongs to another user (65534)") == true)
    }

    @Test(arguments: ["", ","])
    func `an empty list of types is refused, and does not stand for all`(types: String) {
        #expect(throws: (any Error).self) { try TaskGrid.parseAsRoot(["users", "secrets", "--types", types]) }
    }

    @Test func `a password is kept where its file is the user's own, and refused where others may read or write it`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "taskgrid-users-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let command = try #require(try TaskGrid.parseAsRoot(["users", folder]) as? UsersCommand)
        let user = GridUser(name: "crew", role: .worker([]))
        let made = try command.password(of: user)
        let again = try command.password(of: user)
        #expect(made.count >= 32 && again == made)
        let file = "\(folder)/crew.password"
        for mode in [0o644, 0o620, 0o602] as [mode_t] {
            chmod(file, mode)
            let failure = #expect(throws: Failure.self) { try command.password(of: user) }
            #expect(failure?.message?.contains("chmod 600") == true)
        }
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: "/etc/hostname")
        #expect(throws: Failure.self) { try command.password(of: user) }
        unlink(file)
        try "".write(toFile: file, atomically: false, encoding: .utf8)
        chmod(file, 0o600)
        #expect(throws: Failure.self) { try command.password(of: user) }
    }

    @Test func `users that are named no longer are told of, with what takes their logins away`() throws {
        let users = GridUser.services(of: Topology()) + [GridUser(name: "app", role: .client([]))]
        let former = AccessPolicy(for: users + [GridUser(name: "crew", role: .worker([])), GridUser(name: "band", role: .worker([]))])
        let policy = AccessPolicy(for: users)
        let told = UsersCommand.dropped(from: former, policy, users, in: "secrets/rights.json")
        #expect(told.count == 1 && told[0].hasPrefix("band, crew are no longer in secrets/rights.json: "))
        #expect(told[0].hasSuffix("rabbitmqctl delete_user band; rabbitmqctl delete_user crew"))
        let interface = try ManagementInterface(url: "http://admin@h:1", endpoint: Endpoint())
        let imported = UsersCommand.dropped(from: former, policy, users, in: "r", interface)
        #expect(imported[0].contains("curl -u admin -X DELETE http://h:1/api/users/band; "))
        let secure = try ManagementInterface(url: "https://admin@h:1", endpoint: Endpoint(), ca: "/my ca.pem")
        let verified = UsersCommand.dropped(from: former, policy, users, in: "r", secure)
        #expect(verified[0].contains("curl --cacert '/my ca.pem' -u admin -X DELETE https://h:1/api/users/band; "))
        #expect(UsersCommand.dropped(from: policy, policy, users, in: "r").isEmpty)
        #expect(UsersCommand.dropped(from: nil, policy, users, in: "r").isEmpty)
    }

    @Test func `users that may do less than before are told of, and rights that a wider pattern covers are none of them`() {
        let users = [GridUser(name: "app", role: .client([TaskType(literal: "hash")])), GridUser(name: "boss", role: .operator)]
        let policy = AccessPolicy(for: users)
        var former = policy.users
        former["app"]?[.pause] = ["*"]
        former["app"]?[.submit] = ["hash", "wait"]
        former["boss"]?[.read] = ["hash"]
        let told = UsersCommand.dropped(from: AccessPolicy(users: former), policy, users, in: "r")
        #expect(
            told == ["these users may do less than before, because each call writes r anew: app (submit wait, pause *)"])
    }

    @Test func `an operator may do everything but run tasks`() {
        let policy = AccessPolicy(for: [GridUser(name: "boss", role: .operator)])
        for right in Right.allCases { #expect(policy.allows("boss", right, nil) == (right != .serve), "\(right)") }
        let topology = Topology()
        #expect(
            UserPermissions(GridUser(name: "boss", role: .operator), topology)
                == UserPermissions(GridUser(name: "boss", role: .client([])), topology))
    }

    @Test func `an import that fails changes no rights`() async throws {
        let folder = NSTemporaryDirectory() + "taskgrid-users-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let before = JSON.encode(AccessPolicy(users: ["app": [.submit: ["hash", "wait"]]]))
        try before.write(to: URL(filePath: "\(folder)/rights.json"))
        let admin = "http://a:b@127.0.0.1:\(try await OneRequest.freePort())"
        let arguments = ["users", folder, "--client", "app=hash", "--import", "--admin", admin]
        let command = try #require(try TaskGrid.parseAsRoot(arguments) as? UsersCommand)
        await #expect(throws: (any Error).self) { try await command.run() }
        #expect(try Data(contentsOf: URL(filePath: "\(folder)/rights.json")) == before)
    }

    @Test func `the rights are read from a file that nobody else may write`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "taskgrid-rights-\(UUID().uuidString)").path
        defer { unlink(file) }
        let policy = AccessPolicy(users: ["app": [.submit: ["hash"]]])
        try JSON.encode(policy).write(to: URL(filePath: file))
        for mode in [0o600, 0o644] as [mode_t] {
            chmod(file, mode)
            #expect(try AccessPolicy.read(file) == policy)
        }
        for mode in [0o664, 0o646] as [mode_t] {
            chmod(file, mode)
            let failure = #expect(throws: Failure.self) { try AccessPolicy.read(file) }
            #expect(failure?.message?.contains("chmod go-w") == true)
        }
        #expect(throws: Failure.self) { try AccessPolicy.read("\(file).none") }
    }

    @Test(.enabled(if: geteuid() == 0, "only root gives a file to another user"))
    func `the rights in a file of another user, or by such a user's link, are refused`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "taskgrid-rights-\(UUID().uuidString)").path
        defer { unlink(file) }
        try JSON.encode(AccessPolicy(users: [:])).write(to: URL(filePath: file))
        chmod(file, 0o600)
        try #require(chown(file, 65_534, 65_534) == 0)
        let failure = #expect(throws: Failure.self) { try AccessPolicy.read(file) }
        #expect(failure?.message?.contains("65534") == true)
        let link = "\(file).link"
        defer { unlink(link) }
        try #require(chown(file, geteuid(), getegid()) == 0)
        symlink(file, link)
        #expect(try AccessPolicy.read(link) == AccessPolicy(users: [:]))
        try #require(lchown(link, 65_534, 65_534) == 0)
        #expect(throws: Failure.self) { try AccessPolicy.read(link) }
    }

    @Test func `the definitions hold no password`() throws {
        let user = GridUser(name: "crew", role: .worker([TaskType(literal: "hash")]))
        let json = String(decoding: try UserDefinitions([(user, "secret-password")], Topology(), virtualHost: "/grid").json, as: UTF8.self)
        #expect(!json.contains("secret-password") && json.contains("password_hash") && json.contains("/grid"))
    }
}
