import Foundation
import Postgres
import TaskGridConfiguration
import Testing

@testable import TaskGridCommand

@Suite("The settings of a database's connection")
struct DatabaseSettingsTests {
    private func configuration(_ arguments: [String: String], _ environment: [String: String] = [:]) async throws -> Configuration {
        try Configuration(try await SettingSources(arguments: arguments, file: nil, environment: environment))
    }

    private func fault(_ settings: PostgresSettings) throws -> PostgresError? {
        let read = try #require(settings.readPassword)
        return #expect(throws: PostgresError.self) { _ = try read() }
    }

    @Test(arguments: ["--password-file", nil] as [String?])
    func `a password file that cannot be used is named by the option that gave it`(option: String?) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "password-\(UUID().uuidString)").path
        #expect(FileManager.default.createFile(atPath: file, contents: Data("x\n".utf8), attributes: [.posixPermissions: 0o644]))
        defer { unlink(file) }
        let settings = try await configuration(["dispatcher.store-password-file": file])
            .databaseSettings("postgresql://host/grid", as: "test", passwordOption: option)
        let error = try fault(settings)
        #expect(error?.code == .noPassword)
        #expect(error?.message.hasPrefix("\(option ?? "--store-password-file"): \(file) ") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("chmod 600") == true)
    }

    @Test func `a variable that gave it is named by its own name`() async throws {
        let variable = "TASKGRID_DISPATCHER_STORE_PASSWORD_FILE"
        let settings = try await configuration([:], [variable: "/nowhere/password"])
            .databaseSettings("postgresql://host/grid", as: "test", passwordOption: "--password-file")
        #expect(try fault(settings)?.message.hasPrefix("\(variable): /nowhere/password ") == true)
    }
}
