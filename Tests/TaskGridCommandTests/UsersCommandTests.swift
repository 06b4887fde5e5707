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

    @Test(arguments: ["Crew", "a.b", "type", "crew=HASH", ""])
    func `a group whose name no user can have, or whose types are none, is refused`(group: String) {
        #expect(throws: (any Error).self) { try TaskGrid.parseAsRoot(["users", "secrets", "--worker", group]) }
    }

    @Test func `the definitions hold no password`() throws {
        let user = GridUser(name: "crew", role: .worker([TaskType(literal: "hash")]))
        let json = String(decoding: try UserDefinitions([(user, "secret-password")], Topology(), virtualHost: "/grid").json, as: UTF8.self)
        #expect(!json.contains("secret-password") && json.contains("password_hash") && json.contains("/grid"))
    }
}
