import Benchmark
import Logging

@testable import AMQP
@testable import Dispatcher
@testable import TaskGridCore
@testable import TaskStoreSQLite

/// The dispatcher's turns of 1,000 tasks in ten messages, planned, committed and settled. The store is in memory, so that no disk
/// is measured, and the messages are read already, as they are for the dispatcher.
func turns() {
    let configuration = Benchmark.Configuration(maxDuration: .seconds(3), maxIterations: 200)
    Benchmark("Turn: accept and hand out 1000 tasks", configuration: configuration) { benchmark, harness in
        let submissions = harness.submissions()
        benchmark.startMeasurement()
        let outbound = await harness.turn(submissions)
        benchmark.stopMeasurement()
        let results = harness.results(of: outbound)
        if results.arrivals.count != TurnHarness.messages { benchmark.error("not all tasks were handed out") }
        blackHole(await harness.turn(results))
    } setup: {
        try await TurnHarness()
    }
    Benchmark("Turn: end 1000 tasks", configuration: configuration) { benchmark, harness in
        let results = harness.results(of: await harness.turn(harness.submissions()))
        benchmark.startMeasurement()
        let outbound = await harness.turn(results)
        benchmark.stopMeasurement()
        if results.arrivals.count != TurnHarness.messages || !outbound.hasEndings { benchmark.error("not all tasks were ended") }
    } setup: {
        try await TurnHarness()
    }
}

/// A scheduler with one worker, and no broker.
private struct TurnHarness {
    /// Of a turn, each with `Samples.size` tasks.
    static let messages = 10

    private let scheduler: Scheduler
    private let topology = Topology()
    private let store: SQLiteTaskStore

    init() async throws {
        store = try await .inMemory()
        scheduler = Scheduler(
            store: store, topology: topology, configuration: DispatcherConfiguration(),
            logger: Logger(label: "benchmarks") { _ in SwiftLogNoOpLogHandler() }, findGone: { _ in [] }
        )
        let worker = RegistryMessage(
            worker: "worker-1", host: "h", pid: 1, version: "1", types: [Samples.type], concurrency: 8, prefetch: 16, batch: true,
            started: .now()
        )
        _ = await turn(Inbox.Intake(registry: [(.heartbeat, worker)]))
        // The window is small until something is known of how long tasks run.
        var outbound = await turn(submissions())
        while outbound.hasWork { outbound = await turn(results(of: outbound)) }
    }

    func turn(_ intake: Inbox.Intake) async -> Outbound {
        await scheduler.settle(await scheduler.commit(await scheduler.plan(intake)), isLast: true)
    }

    func submissions() -> Inbox.Intake {
        Inbox.Intake(arrivals: (0..<Self.messages).map { _ in arrival(Samples.submission().message(), topology.submitQueue) })
    }

    /// The results that a worker returns for the work that goes out.
    func results(of outbound: Outbound) -> Inbox.Intake {
        var ids: [TaskID] = []
        for case .work(let work) in outbound.messages { ids += work.items.map(\.id) }
        let arrivals = stride(from: 0, to: ids.count, by: Samples.size).map { start in
            let some = Array(ids[start..<min(start + Samples.size, ids.count)])
            return arrival(
                Samples.results(some, store: store.identity, key: store.proofKey).message(isPersistent: false), topology.resultsQueue)
        }
        return Inbox.Intake(arrivals: arrivals)
    }

    private func arrival(_ message: Message, _ queue: Queue) -> Arrival {
        let delivery = Delivery(
            tag: DeliveryTag(epoch: 1, value: 1), queue: queue.name, exchange: "", routingKey: "", isRedelivered: false, message: message
        )
        return Arrival(delivery, topology)
    }
}
