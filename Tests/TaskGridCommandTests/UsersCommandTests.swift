import ArgumentParser
import Foundation
import LocalGrid
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

    @Test func `users that are named no longer are told of, with what takes their logins away`() {
        let users = GridUser.services(of: Topology()) + [GridUser(name: "app", role: .client([]))]
        let former = AccessPolicy(for: users + [GridUser(name: "crew", role: .worker([])), GridUser(name: "band", role: .worker([]))])
        let told = UsersCommand.dropped(from: former, users, in: "secrets/rights.json")
        #expect(told?.hasPrefix("band, crew are no longer in secrets/rights.json: ") == true)
        #expect(told?.hasSuffix("rabbitmqctl delete_user band; rabbitmqctl delete_user crew") == true)
        #expect(UsersCommand.dropped(from: AccessPolicy(for: users), users, in: "r") == nil)
        #expect(UsersCommand.dropped(from: nil, users, in: "r") == nil)
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
    func `the rights in a file of another user are refused`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "taskgrid-rights-\(UUID().uuidString)").path
        defer { unlink(file) }
        try JSON.encode(AccessPolicy(users: [:])).write(to: URL(filePath: file))
        chmod(file, 0o600)
        try #require(chown(file, 65_534, 65_534) == 0)
        let failure = #expect(throws: Failure.self) { try AccessPolicy.read(file) }
        #expect(failure?.message?.contains("65534") == true)
    }

    @Test func `the definitions hold no password`() throws {
        let user = GridUser(name: "crew", role: .worker([TaskType(literal: "hash")]))
        let json = String(decoding: try UserDefinitions([(user, "secret-password")], Topology(), virtualHost: "/grid").json, as: UTF8.self)
        #expect(!json.contains("secret-password") && json.contains("password_hash") && json.contains("/grid"))
    }
}
