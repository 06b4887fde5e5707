import Foundation
import Logging
import TaskGridCore
import TaskGridWorker
import TestSupport

/// Runs a worker on text.
func run<W: TaskWorker>(_ worker: W, _ text: String) async throws -> String {
    try await run(worker, Data(text.utf8))
}

func run<W: TaskWorker>(_ worker: W, _ payload: Data) async throws -> String {
    let context = TaskContext(id: 1, type: worker.type, logger: .silent)
    let output = try await worker.run(try W.Input(payload: payload), context: context)
    return String(decoding: try output.payload, as: UTF8.self)
}

/// The error of a worker that has to refuse the text.
func refusal<W: TaskWorker>(_ worker: W, _ text: String) async -> TaskError? {
    do {
        _ = try await run(worker, text)
        return nil
    } catch {
        return error as? TaskError
    }
}
