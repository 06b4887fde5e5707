import AMQP
import Foundation
import Logging
import ServiceSupport
import TaskGridCore
import TestSupport
import Testing

@testable import TaskGridWorker

/// A pipeline between a broker and a clock of the test's own.
struct Harness: Sendable {
    let broker: FakeBroker
    let clock = ManualClock()
    private let log = Journal<LogLine>()
    let pipeline: Pipeline
    static let type = TaskType(literal: "test")

    init(
        _ worker: any TaskWorker, concurrency: Int = 2, prefetch: Int = 100, longestPrefetch: Int? = nil, backoff: Duration = .zero,
        broker: FakeBroker = FakeBroker()
    ) {
        self.broker = broker
        let settings = Pipeline.Settings(
            id: "w", topology: broker.topology, workers: [worker.type: worker], concurrency: concurrency,
            prefetch: prefetch, longestPrefetch: longestPrefetch, drainDeadline: .seconds(30),
            backoff: Backoff(base: backoff, ceiling: backoff)
        )
        pipeline = Pipeline(settings: settings, transport: broker, clock: clock.clock, logger: Logger(into: log))
    }

    /// Runs the pipeline, and `body` beside it once it serves; then cancels it.
    func run(
        onUnresponsive: @escaping @Sendable () -> Void = {}, _ body: @Sendable (Harness) async throws -> Void
    ) async throws {
        let executor = SlotExecutor(threads: 2)
        defer { executor.stop() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            let ready = Gate()
            group.addTask {
                defer { ready.open() }
                try await pipeline.run(on: executor, onReady: { ready.open() }, onUnresponsive: onUnresponsive)
            }
            defer { group.cancelAll() }
            // A body that holds up the connections lets them open itself.
            if broker.opening == nil { await ready.wait() }
            try await body(self)
        }
    }

    /// The errors that it has logged, with the tasks that they name.
    var errors: [String] {
        log.entries.filter { $0.level == .error }.map { "\($0.message) \($0.metadata[LogKey.taskIDs].map { "\($0)" } ?? "")" }
    }

    static func worker(
        _ body: @escaping @Sendable (String, TaskContext) async throws -> String
    ) -> ClosureWorker<String, String> {
        TaskDefinition(type, input: .text, output: .text).worker(body)
    }

    static func work(
        _ items: (Int64, String)..., form: MessageForm = .batch, announce: Bool = false, timeout: Duration? = nil
    ) -> Work {
        Work(
            form: items.count == 1 ? form : .batch, type: type, store: "s", announce: announce,
            items: items.map { Work.Item(id: TaskID($0), attempt: 1, payload: Data($1.utf8), timeout: timeout) }
        )
    }
}
