import AMQP
import Foundation
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TestSupport
import Testing

/// Every message of the corpus, and random changes of them, to every place of a grid. The seed of a run that fails is shown;
/// put it into `TASKGRID_TEST_SEED` to see it again.
@Suite("Hostile messages", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct HostileMessagesTests {
    private static let seed =
        ProcessInfo.processInfo.environment["TASKGRID_TEST_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0..<(1 << 32))
    /// Changed messages besides those of the corpus.
    private static let mutations = 600
    /// A message that nobody can read is found at last where it should not be.
    private static let patience = Duration.seconds(90)

    private let type = TaskType(literal: "echo")

    @Test(arguments: [seed]) func `hostile messages stop nothing and end in the dead-letter queue`(seed: UInt64) async throws {
        try await Grid.run { grid in
            let (worker, id) = try await grid.startWorkers([Journal<RecordedRun>().worker(type)])
            let (monitor, port) = try await grid.startMonitor()
            // It listens on its port before it hears events.
            _ = try await grid.probe.event(GridEvent.self) { $0.service == "monitor" && $0.kind == .started }
            let sent = try await send(seed, grid)
            #expect(sent.count > 1000)
            try await expectDead(sent, grid)

            // Everybody works, and nobody is another than before.
            let payload = Data("still there".utf8)
            #expect(try await grid.client.run(type, payload: payload, within: .seconds(60)).result == payload)
            #expect(try await grid.client.workers(type).map(\.worker.worker).contains(id))
            try await grid.until {
                try await port.get("stats", as: MonitorPort.Statistics.self).report.types["echo"]?.activeWorkers ?? 0 > 0
            }
            #expect(try await port.get("healthz", as: MonitorPort.Health.self).report.healthy)
            let starts = grid.probe.heard.entries.compactMap { delivery -> String? in
                guard delivery.exchange == grid.topology.events.name,
                    let event = try? JSON.decode(GridEvent.self, delivery.message.body), event.kind == .started
                else { return nil }
                return event.service
            }
            #expect(starts.sorted() == ["dispatcher", "monitor", "nameservice"])
            let counters = try await grid.counters(type)
            #expect(counters.balances && counters.succeeded >= 1)

            // It asks the services now and then.
            try await monitor.stop()
            try await expectEmptyQueues(grid, worker)
        }
    }

    private struct Sent {
        let what: String
        let mustDie: Bool
    }

    /// Sends everything; answers what it was, by its tag.
    private func send(_ seed: UInt64, _ grid: Grid) async throws -> [Int64: Sent] {
        let corpus = try HostileMessage.corpus()
        #expect(corpus.count > 70)
        var sent: [Int64: Sent] = [:]
        var batch: [Publication] = []
        func add(_ message: Message, _ place: Place, _ what: String) async throws {
            var message = message
            let tag = Int64(sent.count + 1)
            message.properties.headers["fuzz"] = .int(tag)
            message.properties.userID = grid.endpoint.user
            if message.properties.correlationID == nil { message.properties.correlationID = "fuzz-\(tag)" }
            let publication = place.publication(message, grid.topology, type: type, client: grid.client.id)
            // Messages that AMQP itself cannot carry never come to anybody.
            guard (try? publication.check()) != nil else { return }
            sent[tag] = Sent(what: "seed \(seed), \(what) to \(place)", mustDie: place.mustDie(message, type: type))
            batch.append(publication)
            if batch.count == 100 || message.body.count > 1 << 20 {
                _ = try await grid.probe.connection.publish(batch, within: .seconds(60))
                batch = []
            }
        }
        for (name, hostile) in corpus {
            for place in Place.allCases where hostile.only?.contains(place) ?? true {
                try await add(hostile.message(to: place, type: type), place, name)
            }
        }
        let small = corpus.filter { $0.message.only == nil }
        var mutation = Mutation(random: Seeded(seed: seed))
        for number in 0..<Self.mutations {
            let (one, other) = (mutation.random.number(0...small.count - 1), mutation.random.number(0...small.count - 1))
            let place = Place.allCases[mutation.random.number(0...Place.allCases.count - 1)]
            let message = mutation.mutate(
                small[one].message.message(to: place, type: type), and: small[other].message.message(to: place, type: type)
            )
            try await add(message, place, "mutation \(number) of \(small[one].name)")
        }
        _ = try await grid.probe.connection.publish(batch, within: .seconds(60))
        return sent
    }

    /// Waits until all that nobody can use is with the dead, each with a reason.
    private func expectDead(_ sent: [Int64: Sent], _ grid: Grid) async throws {
        var missing = sent.filter(\.value.mustDie)
        #expect(missing.count > 400)
        let found = Journal<Int64>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var next = 0
                while true {
                    for delivery in grid.probe.heard.entries.dropFirst(next) {
                        next += 1
                        guard delivery.exchange == grid.topology.dead.name, let tag = Self.tag(delivery.message) else { continue }
                        let reason = delivery.message.properties.headers["taskgrid-reason"]?.text ?? ""
                        #expect(reason.contains(":"), "\(sent[tag]?.what ?? "") died for '\(reason)'")
                        found.add(tag)
                    }
                    try await grid.probe.heard.wait(beyond: next)
                }
            }
            group.addTask { [awaited = Set(missing.keys)] in
                var next = 0
                var missing = awaited
                while !missing.isEmpty {
                    for tag in found.entries.dropFirst(next) {
                        next += 1
                        missing.remove(tag)
                    }
                    if !missing.isEmpty { try await found.wait(beyond: next) }
                }
            }
            // It only bounds a failure: a test that succeeds does not wait for it.
            group.addTask { try? await Task.sleep(for: Self.patience) }
            // The last two end by themselves; what is missing after the longer is told.
            try await group.next()
            group.cancelAll()
        }
        for tag in found.entries { missing[tag] = nil }
        for sent in missing.values.map(\.what).sorted().prefix(20) { Issue.record("not with the dead: \(sent)") }
        for tag in Set(found.entries) { #expect(sent[tag] != nil) }
    }

    private static func tag(_ message: Message) -> Int64? {
        message.properties.headers["fuzz"]?.integer
            ?? message.properties.correlationID.flatMap { $0.hasPrefix("fuzz-") ? Int64($0.dropFirst(5)) : nil }
    }

    /// Nothing waits in a queue, and nothing comes back into one when whoever consumes it leaves.
    private func expectEmptyQueues(_ grid: Grid, _ worker: Running) async throws {
        let topology = grid.topology
        let connection = grid.probe.connection
        let dispatchers = [topology.submitQueue, topology.rpcQueue(.dispatcher)]
        let queries = topology.rpcQueue(.nameservice)
        try await grid.until {
            for queue in dispatchers + [queries, topology.resultsQueue, topology.workQueue(type)] {
                guard try await connection.depth(of: queue.name).messages == 0 else { return false }
            }
            return true
        }
        try await grid.stopDispatcher()
        for queue in dispatchers { #expect(try await connection.depth(of: queue.name).messages == 0, "\(queue.name)") }
        let before = grid.probe.heard.count
        try await worker.stop()
        _ = try await grid.probe.event(WorkerEvent.self, from: before) { $0.kind == .left && $0.worker.types.contains(type) }
        try await grid.stopNameservice()
        #expect(try await connection.depth(of: queries.name).messages == 0)
    }
}
