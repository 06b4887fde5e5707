import Foundation
import TaskGridCore
import TaskStore
import TaskStoreSQLite
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("The proof that work was handed out")
struct ProofTests {
    private func harness() async throws -> SchedulerHarness {
        let harness = try await SchedulerHarness()
        _ = await harness.register(types: [.reverse, .sum])
        _ = await harness.submit(["a", "b"])
        return harness
    }

    private static let success = Results.Outcome.succeeded(Data("forged".utf8))

    /// Proofs that are not the one of attempt 1 of task 1 of type `reverse`.
    private func wrongProofs(_ harness: SchedulerHarness) -> [Proof?] {
        let key = harness.store.proofKey
        let strange = ProofKey(secret: ProofKey.randomSecret(), store: harness.store.identity, epoch: 0)
        return [
            nil, key.proof(of: 2, attempt: 1, type: .reverse), key.proof(of: 1, attempt: 2, type: .reverse),
            key.proof(of: 1, attempt: 1, type: .sum), strange.proof(of: 1, attempt: 1, type: .reverse),
        ]
    }

    @Test func `goes with the work, and its result counts`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        let work = try await harness.submit(["a", "b"]).works().flatMap(\.items)
        try #require(work.count == 2)
        let items = work.map { Results.Item(id: $0.id, attempt: $0.attempt, proof: $0.proof, outcome: Self.success) }
        let out = await harness.result(items[0], items[1])
        #expect(try out.endings().count == 2)
    }

    @Test(arguments: [MessageForm.single, .batch])
    func `a result without it, or with another one's, is refused, counted and told`(form: MessageForm) async throws {
        let harness = try await harness()
        for (number, proof) in wrongProofs(harness).enumerated() {
            let item = Results.Item(id: 1, attempt: 1, proof: proof, outcome: Self.success)
            let results = Results(form: form, type: .reverse, store: harness.store.identity, worker: "w1", items: [item])
            let message = results.message(isPersistent: true)
            let out = await harness.turn { $0.arrivals = [harness.delivery(message, from: harness.topology.resultsQueue)] }
            #expect(try out.endings().isEmpty)
            let headers = try #require(out.dead().first?.message.properties.headers)
            #expect(headers[WireFormat.Header.reason]?.text?.hasPrefix("invalid_proof: ") == true)
            #expect(headers[WireFormat.Header.user]?.text == message.verified.properties.userID)
            #expect(await harness.scheduler.takeEvents().first { $0.type == .reverse }?.refused == 1)
            #expect(out.publications.contains { $0.routingKey == "grid.warning" } == (number == 0), "it is told once a minute")
        }
        #expect(await harness.counts().queued == 2)
    }

    @Test func `the other results of a batch count`() async throws {
        let harness = try await harness()
        let forged = Results.Item(
            id: 1, attempt: 1, proof: harness.store.proofKey.proof(of: 9, attempt: 1, type: .reverse), outcome: Self.success)
        let out = await harness.result(forged, .init(id: 2, attempt: 1, outcome: Self.success))
        #expect(try out.endings().map(\.id) == [2])
        #expect(try out.dead().map { try Results($0.message).items.map(\.id) } == [[1]])
    }

    @Test func `a result that cannot be read fails no attempt without it`() async throws {
        let harness = try await harness()
        for proof in wrongProofs(harness) {
            let item = Results.Item(id: 1, attempt: 1, proof: proof, outcome: Self.success)
            var message = Results(form: .single, type: .reverse, store: harness.store.identity, worker: "w1", items: [item])
                .message(isPersistent: true)
            message.properties.headers[WireFormat.Header.status] = "done"
            let forged = message
            _ = await harness.turn { $0.arrivals = [harness.delivery(forged, from: harness.topology.resultsQueue)] }
            #expect(await harness.machine(1)?.failures == 0)
        }
    }

    @Test func `a marker that nobody sent is refused`() async throws {
        let harness = try await harness()
        let marker = Results.Item(id: .marker, attempt: 1, proof: Proof(ShortDigest(Data(count: 16))!), outcome: .returned)
        #expect(await harness.result(marker).dead().count == 1)
    }

    @Test func `a heartbeat holds what it names with it, and nothing else`() async throws {
        let harness = try await harness()
        var beat = RegistryMessage(
            worker: "w1", host: "h", pid: 1, version: "1", types: [.reverse, .sum], concurrency: 4, prefetch: 8, batch: true,
            started: Timestamp(rawValue: 1), interval: 60_000, running: [.init(task: 1, attempt: 1)]
        )
        for proof in wrongProofs(harness) {
            beat.proofs = proof?.digest.bytes ?? Data()
            let message = beat
            _ = await harness.turn { $0.registry = [(.heartbeat, message)] }
            #expect(await harness.counts().running == 0)
        }
        let real = beat.with(proofs: Data()).proven(by: harness.store.proofKey)
        _ = await harness.turn { $0.registry = [(.heartbeat, real)] }
        #expect(await harness.counts().running == 1)
    }

    @Test func `holds for a dispatcher that opens the store later`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "taskgrid-proof-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "store.db").path(percentEncoded: false)
        let before = try await SchedulerHarness(store: try await SQLiteTaskStore(path: path))
        _ = await before.register()
        let work = try #require(try await before.submit(["a"]).works().first)
        await before.store.close()
        let after = try await SchedulerHarness(store: try await SQLiteTaskStore(path: path))
        _ = await after.register()
        let item = Results.Item(id: 1, attempt: 1, proof: work.items[0].proof, outcome: Self.success)
        #expect(try await after.result(item).endings().map(\.id) == [1])
        await after.store.close()
    }
}

extension RegistryMessage {
    fileprivate func with(proofs: Data) -> RegistryMessage {
        var message = self
        message.proofs = proofs
        return message
    }
}
