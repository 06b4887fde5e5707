import Foundation
import TestSupport

@testable import LocalGrid

extension FaultGrid {
    /// Runs `body` with a server and the options of a dispatcher that keeps its tasks there, with the password in a file.
    static func withDatabase(_ body: (PrivateDatabase, _ options: [String]) async throws -> Void) async throws {
        try await TestDatabase.withServer { server in
            let file = FileManager.default.temporaryDirectory.appending(path: "taskgrid-password-\(UUID().uuidString)").path
            defer { unlink(file) }
            try Data("\(server.password())\n".utf8).write(to: URL(filePath: file))
            chmod(file, 0o600)
            let url = "postgresql://taskgrid@127.0.0.1:\(server.port)/postgres"
            try await body(server, ["--store", url, "--store-password-file", file])
        }
    }
}
