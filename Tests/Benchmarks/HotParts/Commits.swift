import Benchmark
import Foundation

@testable import TaskGridCore
@testable import TaskStore
@testable import TaskStoreSQLite

/// Commits as a dispatcher makes them, in a file: each commit is on the disk when it returns, so the disk is part of what is measured.
func commits() {
    for count in [100, 1000] {
        measure("accept \(count) tasks", changes: { _ in StoreChanges(submissions: [submission(count, handsOut: true)]) })
        measure(
            "take \(count) tasks", after: { submission(count, handsOut: false) },
            changes: { _ in StoreChanges(takes: [Take(type: Samples.type, limit: count, bytes: 8 << 20, now: .now())]) }
        )
        measure(
            "end \(count) tasks", after: { submission(count, handsOut: true) },
            changes: { accepted in StoreChanges(endings: accepted.flatMap(endings)) }
        )
    }
}

/// - Parameters:
///   - prepare: The tasks that are accepted before each commit that is measured.
///   - changes: The changes that are measured, made from the store's answer to that.
private func measure(
    _ name: String, after prepare: (() -> NewSubmission)? = nil, changes: @escaping ([Accepted]) -> StoreChanges
) {
    let folder = FileManager.default.temporaryDirectory.appending(path: "taskgrid-benchmarks-\(UUID().uuidString)")
    Benchmark("Store: \(name)", configuration: .init(maxDuration: .seconds(3), maxIterations: 200)) { benchmark, store in
        let before = try await store.commit(StoreChanges(submissions: prepare.map { [$0()] } ?? []))
        let changes = changes(before.submissions)
        benchmark.startMeasurement()
        let receipt = try await store.commit(changes)
        benchmark.stopMeasurement()
        if receipt.endings.contains(false) || receipt.takes.map(\.handOuts.count) != changes.takes.map(\.limit) {
            benchmark.error("not all tasks were there")
        }
    } setup: {
        try await SQLiteTaskStore(path: folder.appending(path: "store.sqlite").path)
    } teardown: {
        try FileManager.default.removeItem(at: folder)
    }
}

private func submission(_ count: Int, handsOut: Bool) -> NewSubmission {
    NewSubmission(submission: Samples.submission(count), created: .now(), handsOut: handsOut, defaultMaxAttempts: 3)
}

private func endings(of accepted: Accepted) -> [NewEnding] {
    let now = Timestamp.now()
    return (0..<Int64(accepted.count)).map { place in
        NewEnding(
            id: TaskID(accepted.first.rawValue + place), type: Samples.type, state: .succeeded, result: Samples.payload,
            worker: "worker-1", attempt: 1, runTime: .microseconds(10), completed: now
        )
    }
}
