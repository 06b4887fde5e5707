import Foundation
import TaskGridConfiguration

@testable import LocalGrid

/// Runs `body` with a data folder of its own, removed afterwards.
func withTemporaryFolder<Value>(_ body: (GridFolder) async throws -> Value) async throws -> Value {
    let path = FileManager.default.temporaryDirectory.appending(path: "local grid \(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(GridFolder(path))
}

/// The permissions of a file or folder.
func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
}
