import Foundation

/// Runs `body` with the path of a file that holds these bytes, removed afterwards.
func withFile<Value>(_ bytes: Data, _ body: (String) async throws -> Value) async throws -> Value {
    let path = FileManager.default.temporaryDirectory.appending(path: "taskgrid \(UUID().uuidString)").path
    try bytes.write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

func withFile<Value>(_ text: String, _ body: (String) async throws -> Value) async throws -> Value {
    try await withFile(Data(text.utf8), body)
}

/// A file of the repository, by its path in it.
func repositoryFile(_ path: String) -> URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: path)
}
