import AMQP
import Foundation
import LocalGrid
import ServiceSupport
import TaskGridConfiguration
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("How a service joins a grid")
struct ServiceLoginTests {
    private static let database = "postgresql://taskgrid@127.0.0.1:5433/postgres?passfile=/pgpass"

    private func configuration(_ arguments: [String: String], _ environment: [String: String] = [:]) async throws -> Configuration {
        try await withFile("") { path in
            try Configuration(try await SettingSources(arguments: arguments, file: path, environment: environment))
        }
    }

    /// Runs `body` with the folder of a grid that runs, whose administrator is `taskgrid`.
    private func withGrid(admin: String? = "http://taskgrid:x@h:15672", _ body: (GridFolder) async throws -> Void) async throws {
        let folder = GridFolder(FileManager.default.temporaryDirectory.appending(path: "taskgrid-\(UUID().uuidString)").path)
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/broker/users", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let file = GridFile(
            amqp: "amqp://taskgrid:owner@h", monitor: nil, admin: admin, pid: getpid(), topology: Topology(), store: Self.database,
            storePasswordFile: "/password")
        try PrivateFile.write(String(decoding: JSONEncoder().encode(file), as: UTF8.self), to: folder.gridFile)
        for user in Topology().users.all { try PrivateFile.write("of \(user)", to: folder.password(of: user)) }
        try await body(folder)
    }

    @Test(arguments: [\ServiceUsers.dispatcher, \.nameservice, \.monitor] as [any KeyPath<ServiceUsers, String> & Sendable])
    func `of a folder it is its own user, with the rights and the store of the grid there`(
        user: any KeyPath<ServiceUsers, String> & Sendable
    ) async throws {
        try await withGrid { folder in
            // Those of another grid, which a shell may have.
            let others = [
                "TASKGRID_BROKER": "amqp://other", "TASKGRID_DISPATCHER_STORE": "/other", "TASKGRID_DISPATCHER_RIGHTS": "/others",
            ]
            let (taken, location) = try await configuration(["data": folder.path], others).joining(as: user)
            let name = Topology().users[keyPath: user]
            #expect(location.endpoint.user == name && location.endpoint.password == "of \(name)")
            #expect(try location.endpoint.passwordSource?.read() == "of \(name)")
            #expect(taken.rights == "\(folder.path)/broker/rights.json")
            #expect(taken.store == .database(Self.database) && taken.storePasswordFile == "/password")
            #expect(taken.sources.hasBrokerBehindFolder)
            try taken.checkLogin(of: "service", as: user, in: location)
        }
    }

    @Test func `arguments count more than what the folder says, and so does what stands beside the folder's name`() async throws {
        try await withGrid { folder in
            let arguments = ["data": folder.path, "dispatcher.store": "/s", "dispatcher.rights": "/r"]
            let variables = [
                "TASKGRID_DATA": folder.path, "TASKGRID_DISPATCHER_STORE": "/s", "TASKGRID_DISPATCHER_RIGHTS": "/r",
            ]
            for settings in [try await configuration(arguments), try await configuration([:], variables)] {
                let (taken, location) = try settings.joining(as: \.dispatcher)
                #expect(taken.store == .file("/s") && taken.rights == "/r" && location.endpoint.user == "taskgrid-dispatcher")
                #expect(!taken.sources.hasBrokerBehindFolder)
            }
        }
    }

    @Test func `a setting that overrules the store of the folder's grid is told of, and one that agrees with it is not`() async throws {
        try await withGrid { folder in
            func overruled(_ arguments: [String: String]) async throws -> String? {
                let all = arguments.merging(["data": folder.path]) { $1 }
                let (taken, location) = try await configuration(all, ["TASKGRID_DISPATCHER_STORE": "/other"]).joining(as: \.dispatcher)
                return taken.overruledStore(in: location)
            }
            let stray = try await overruled(["dispatcher.store": "stray.sqlite"])
            #expect(stray == Self.database)
            for arguments in [[:], ["dispatcher.store": Self.database], ["dispatcher.store": "/s", "prefix": "red"]] {
                let told = try await overruled(arguments)
                #expect(told == nil, "\(arguments)")
            }
        }
    }

    @Test func `a worker has the owner's login, and so has a service where all have it or of another prefix`() async throws {
        try await withGrid { folder in
            let (worker, location) = try await configuration(["data": folder.path]).joining(as: nil)
            #expect(location.endpoint.user == "taskgrid" && worker.rights == nil)
            let (red, other) = try await configuration(["data": folder.path, "prefix": "red"]).joining(as: \.dispatcher)
            #expect(other.endpoint.user == "taskgrid" && red.rights == nil && red.store == nil)
        }
        try await withGrid(admin: nil) { folder in
            let (dispatcher, location) = try await configuration(["data": folder.path]).joining(as: \.dispatcher)
            #expect(location.endpoint.user == "taskgrid" && dispatcher.rights == nil && dispatcher.store == .database(Self.database))
        }
    }

    @Test func `a password that is not there is an error that names the user`() async throws {
        try await withGrid { folder in
            unlink(folder.password(of: "taskgrid-dispatcher"))
            let settings = try await configuration(["data": folder.path])
            let error = #expect(throws: SettingError.self) { try settings.joining(as: \.dispatcher) }
            #expect(error?.message.contains("user taskgrid-dispatcher: ") == true, "\(error?.message ?? "")")
        }
    }

    @Test func `a login that the others would not believe is refused where rights are set`() async throws {
        func failure(_ user: String, rights: String? = "/r") async throws -> String? {
            var arguments = ["broker": "amqp://\(user):secret@h"]
            arguments["dispatcher.rights"] = rights
            let (settings, location) = try await configuration(arguments).joining(as: \.dispatcher)
            do throws(Failure) {
                try settings.checkLogin(of: "dispatcher", as: \.dispatcher, in: location)
                return nil
            } catch {
                return error.message
            }
        }
        let message = try #require(try await failure("taskgrid"))
        #expect(message.contains("as 'taskgrid'") && message.contains("amqp://taskgrid-dispatcher@host") && !message.contains("secret"))
        #expect(try await failure("taskgrid-dispatcher") == nil)
        #expect(try await failure("guest", rights: nil) == nil)
    }

    @Test func `the store of a folder is that of its grid, and a PostgreSQL there that does not run is not taken for an SQLite file`()
        async throws
    {
        try await withGrid { folder in
            let settings = try await configuration(["data": folder.path], ["TASKGRID_DISPATCHER_STORE": "/other"])
            #expect(try settings.withStoreOfFolder().store == .database(Self.database))
            unlink(folder.gridFile)
            #expect(try settings.withStoreOfFolder().store == .file("/other"))
            let unnamed = try await configuration(["data": folder.path])
            #expect(try unnamed.withStoreOfFolder().store == nil)
            try FileManager.default.createDirectory(atPath: "\(folder.path)/database", withIntermediateDirectories: true)
            try PrivateFile.write("", to: "\(folder.path)/database/complete")
            let failure = #expect(throws: Failure.self) { try unnamed.withStoreOfFolder() }
            #expect(failure?.message?.contains("taskgrid up --store postgresql") == true)
        }
    }
}
