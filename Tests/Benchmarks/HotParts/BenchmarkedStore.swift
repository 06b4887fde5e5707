import Synchronization

@testable import TaskStore

/// A store that one benchmark after another opens, writes to, and takes away with all that it has.
final class BenchmarkedStore: Sendable {
    let name: String
    private let make: @Sendable () async throws -> any TaskStore
    private let discard: @Sendable () async throws -> Void
    private let opened = Mutex<(any TaskStore)?>(nil)

    init(
        name: String, make: @escaping @Sendable () async throws -> any TaskStore, discard: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.make = make
        self.discard = discard
    }

    func open() async throws -> any TaskStore {
        let store = try await make()
        opened.withLock { $0 = store }
        return store
    }

    func remove() async throws {
        await opened.withLock { $0.take() }?.close()
        try await discard()
    }
}
