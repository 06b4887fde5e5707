import Foundation
import Logging
import TaskGridCore
import TaskGridWorker
import TestSupport

/// Runs a worker on text.
func run(_ worker: some TaskWorker, _ text: String) async throws -> String {
    try await run(worker, Data(text.utf8))
}

func run(_ worker: some TaskWorker, _ payload: Data) async throws -> String {
    let context = TaskContext(id: 1, type: worker.type, logger: .silent)
    return String(decoding: try await worker.perform(payload, context: context), as: UTF8.self)
}

/// The error of a worker that has to refuse the text.
func refusal(_ worker: some TaskWorker, _ text: String) async -> TaskError? {
    do {
        _ = try await run(worker, text)
        return nil
    } catch {
        return error as? TaskError
    }
}
