import Benchmark
import Foundation

@testable import TaskGridCore
@testable import TaskStore
@testable import TaskStoreSQLite

/// Commits as a dispatcher makes them: each is on the disk when it returns, so the disk is part of what is measured. In a file, and in the
/// PostgreSQL of the variable `BENCHMARK_STORE`.
func commits() {
    let folder = FileManager.default.temporaryDirectory.appending(path: "taskgrid-benchmarks-\(UUID().uuidString)")
    measure(
        BenchmarkedStore(
            name: "Store", make: { try await SQLiteTaskStore(path: folder.appending(path: "store.sqlite").path) },
            discard: { try FileManager.default.removeItem(at: folder) }))
    guard let url = ProcessInfo.processInfo.environment["BENCHMARK_STORE"] else { return }
    let database = BenchmarkedDatabase(url: url)
    let store = BenchmarkedStore(name: "PostgreSQL", make: database.open, discard: database.remove)
    measure(store)
    measureTakes(store, "take 100 tasks under load") {}
    measureTakes(store, "take 100 tasks under load, a snapshot held", beside: database.holdSnapshot)
}

private func measure(_ store: BenchmarkedStore) {
    for count in [100, 1000] {
        measure(store, "accept \(count) tasks", changes: { _ in StoreChanges(submissions: [submission(count, handsOut: true)]) })
        measure(
            store, "take \(count) tasks", after: { submission(count, handsOut: false) },
            changes: { _ in StoreChanges(takes: [take(count)]) }
        )
        measure(
            store, "end \(count) tasks", after: { submission(count, handsOut: true) },
            changes: { accepted in StoreChanges(endings: accepted.flatMap(endings)) }
        )
    }
    measure(
        store, "accept 1000 tasks and end 1000", after: { submission(1000, handsOut: true) },
        changes: { accepted in StoreChanges(submissions: [submission(1000, handsOut: true)], endings: accepted.flatMap(endings)) }
    )
}

/// - Parameters:
///   - store: The store.
///   - name: What is measured.
///   - prepare: The tasks that are accepted before each commit that is measured.
///   - changes: The changes that are measured, made from the store's answer to that.
private func measure(
    _ store: BenchmarkedStore, _ name: String, after prepare: (() -> NewSubmission)? = nil,
    changes: @escaping ([Accepted]) -> StoreChanges
) {
    Benchmark("\(store.name): \(name)", configuration: .init(maxDuration: .seconds(3), maxIterations: 200)) { benchmark, opened in
        let before = try await opened.commit(StoreChanges(submissions: prepare.map { [$0()] } ?? []))
        try await measured(changes(before.submissions), in: opened, by: benchmark)
    } setup: {
        try await store.open()
    } teardown: {
        try await store.remove()
    }
}

/// Measures takes of 100 tasks among commits that accept and end them, for 20 s.
///
/// - Parameters:
///   - store: The store.
///   - name: What is measured.
///   - begin: What is begun before it.
private func measureTakes(_ store: BenchmarkedStore, _ name: String, beside begin: @escaping @Sendable () async throws -> Void) {
    Benchmark(
        "\(store.name): \(name)", configuration: .init(maxDuration: .seconds(20), maxIterations: 1_000_000)
    ) { (benchmark: Benchmark, opened: any TaskStore) in
        _ = try await opened.commit(StoreChanges(submissions: [submission(1000, handsOut: false)]))
        var taken: [NewEnding] = []
        for _ in 0..<10 {
            let receipt = try await measured(StoreChanges(takes: [take(100)]), in: opened, by: benchmark)
            taken += receipt.takes.flatMap { $0.handOuts.map { ending(of: $0.task.id) } }
        }
        _ = try await opened.commit(StoreChanges(endings: taken))
    } setup: {
        let opened = try await store.open()
        _ = try await opened.commit(StoreChanges(submissions: [submission(1000, handsOut: true)]))
        try await begin()
        return opened
    } teardown: {
        try await store.remove()
    }
}

@discardableResult
private func measured(_ changes: StoreChanges, in store: any TaskStore, by benchmark: Benchmark) async throws -> StoreReceipt {
    benchmark.startMeasurement()
    let receipt = try await store.commit(changes)
    benchmark.stopMeasurement()
    if receipt.endings.contains(false) || receipt.takes.map(\.handOuts.count) != changes.takes.map(\.limit) {
        benchmark.error("not all tasks were there")
    }
    return receipt
}

private func submission(_ count: Int, handsOut: Bool) -> NewSubmission {
    NewSubmission(submission: Samples.submission(count), created: .now(), handsOut: handsOut, defaultMaxAttempts: 3)
}

private func take(_ count: Int) -> Take { Take(type: Samples.type, limit: count, bytes: 8 << 20, now: .now()) }

private func endings(of accepted: Accepted) -> [NewEnding] {
    (0..<Int64(accepted.count)).map { ending(of: TaskID(accepted.first.rawValue + $0)) }
}

private func ending(of id: TaskID) -> NewEnding {
    NewEnding(
        id: id, type: Samples.type, state: .succeeded, result: Samples.payload, worker: "worker-1", attempt: 1,
        runTime: .microseconds(10), completed: .now()
    )
}
