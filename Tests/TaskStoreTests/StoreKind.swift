import Foundation
import TaskGridCore
import TaskStore

/// The implementations that the conformance tests run over.
enum StoreKind: String, CaseIterable, Sendable {
    case file, memory

    /// Runs the body with a new, empty store.
    func withStore(_ body: (any TaskStore) async throws -> Void) async throws {
        switch self {
        case .file:
            try await withFolder { folder in
                let store = try await SQLiteTaskStore(path: folder + "/store.db")
                try await body(store)
                await store.close()
            }
        case .memory:
            let store = try await SQLiteTaskStore.inMemory()
            try await body(store)
            await store.close()
        }
    }
}

/// Runs the body with a new folder, which is gone afterwards.
func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "taskgrid-store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder.path(percentEncoded: false))
}
