import AMQP
import Dispatcher
import Foundation
import HummingbirdTesting
import LocalGrid
import Nameservice
import ServiceSupport
import TaskGridCore
import TaskGridWorker
import TaskStore
import TaskStoreSQLite
import TestSupport
import Testing

/// The answers of `/healthz` of real services on a real broker of the faults that befall them.
@Suite("Health on a real broker", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct ServicesTests {
    private let patient = Patient()

    private func nameservice(_ endpoint: Endpoint) -> Nameservice {
        Nameservice(endpoint: endpoint, topology: patient.topology, vitals: patient.vitals, logger: .silent)
    }

    private func dispatcher(_ endpoint: Endpoint, _ store: any TaskStore, vitals: Vitals? = nil) -> Dispatcher {
        Dispatcher(endpoint: endpoint, topology: patient.topology, store: store, vitals: vitals ?? patient.vitals, logger: .silent)
    }

    @Test func `a lost broker makes a service unhealthy until it is back`() async throws {
        let (proxy, endpoint) = try TestBroker.behindProxy()
        try await patient.live(nameservice(endpoint)) { [patient] client in
            let well = try await client.health { $0.healthy && Set($0.loops.map(\.name)) == ["registrations", "queries", "leases"] }
            #expect(well.connections.map(\.name) == ["nameservice publish", "nameservice consume"])

            proxy.refuse()
            proxy.cut()
            _ = try await client.health { !$0.connections.contains { $0.state == .connected } }
            patient.later(.seconds(6))
            let ill = try await client.health { $0.reasons.count == 2 }
            #expect(ill.reasons.allSatisfy { $0.contains("' is lost since ") })

            proxy.accept()
            _ = try await client.health { $0.healthy }
        }
        try await patient.clean()
    }

    @Test func `a broker that was never reached makes a service unhealthy at once`() async throws {
        try await patient.live(nameservice(Endpoint(host: "127.0.0.1", port: 1))) { client in
            let ill = try await client.health { $0.connections.first?.detail != nil }
            let reason = try #require(ill.reasons.first)
            #expect(reason.hasPrefix("connection 'nameservice publish' is not connected yet since "))
            #expect(reason.contains(" s, trying again: "))
        }
    }

    @Test func `a broker alarm makes a service unhealthy`() async throws {
        let (proxy, endpoint) = try TestBroker.behindProxy()
        try await patient.live(nameservice(endpoint)) { client in
            _ = try await client.health { $0.healthy }
            let began = ContinuousClock.now
            // `connection.blocked` (AMQP 0-9-1 with RabbitMQ's extension): class 10, method 60, a short string.
            proxy.inject([1, 0, 0, 0, 0, 0, 8, 0, 10, 0, 60, 3] + Array("low".utf8) + [0xCE])
            let ill = try await client.health { !$0.healthy }
            #expect(ill.reasons.count == 1)
            // Since the moment at which it said so, however long ago that is.
            let texts = (0...(ContinuousClock.now - began).components.seconds).map { "the broker takes no messages since \($0) s, free" }
            #expect(texts.contains { ill.reasons.first?.hasPrefix($0) == true })
            #expect(ill.reasons.first?.hasSuffix(": low") == true)
            proxy.inject([1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 61, 0xCE])
            _ = try await client.health { $0.healthy }
        }
        try await patient.clean()
    }

    @Test func `a dispatcher is unhealthy while its store hangs`() async throws {
        let store = try await HangingStore()
        try await patient.live(dispatcher(try TestBroker.endpoint(), store)) { [patient] http in
            // One that stands by is healthy too, and has no loops yet.
            _ = try await http.health {
                $0.healthy && Set($0.loops.map(\.name)).isSuperset(of: ["intake", "turns", "publishing", "heartbeats", "clock"])
            }
            store.hang()
            // A type that it has not heard of is written to the store.
            try await patient.say(.register, types: ["odd"])
            await store.hung()
            patient.later(.seconds(20))
            let ill = try await http.health { report in report.reasons.contains { $0.contains("'turns'") } }
            #expect(ill.reasons.contains { $0.hasPrefix("loop 'turns' has worked on the same for 2") })
            store.goOn()
            _ = try await http.health { $0.healthy }
        }
        try await patient.clean()
    }

    @Test func `a dispatcher that stands by is healthy`() async throws {
        let endpoint = try TestBroker.endpoint()
        let first = Patient(topology: patient.topology)
        let firstStore = try await SQLiteTaskStore.inMemory()
        let store = try await SQLiteTaskStore.inMemory()
        let active = dispatcher(endpoint, firstStore, vitals: first.vitals)
        let standby = dispatcher(endpoint, store)
        try await first.live(active) { [patient] client in
            _ = try await client.health { $0.state == .serving }
            try await patient.live(standby) { [patient] client in
                _ = try await client.health { $0.state == .standby }
                patient.later(.seconds(1000))
                #expect(try await client.health().healthy)
            }
        }
        try await patient.clean()
    }

    private static func standsByForAnother(_ report: HealthReport) -> Bool {
        let detail = report.connections.first { $0.name == "dispatcher consume" }?.detail
        return report.state == .standby && detail == "another dispatcher has the lease of the store: another one"
    }

    @Test func `a dispatcher with a lease is healthy while another has it, and serves whenever it has it itself`() async throws {
        let store = try await LeasedStore(leasedTo: "another one")
        try await patient.live(dispatcher(try TestBroker.endpoint(), store)) { client in
            for _ in 1...2 {
                // It stands by before it has heard who has the lease.
                #expect(try await client.health(Self.standsByForAnother).healthy)
                store.lease(to: nil)
                _ = try await client.health { $0.state == .serving && $0.healthy }
                store.lease(to: "another one")
            }
            store.lease(to: nil)
        }
        try await patient.clean()
    }

    @Test func `a dispatcher whose store another grid uses says so and ends with an error`() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "shared-\(UUID().uuidString).sqlite").path
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let endpoint = try TestBroker.endpoint()
        let other = Patient()
        let (ready, makeReady) = AsyncStream.makeStream(of: Void.self)
        @Sendable func run(_ patient: Patient) async throws -> StoreError? {
            let store = try await SQLiteTaskStore(path: path)
            let dispatcher = Dispatcher(
                endpoint: endpoint, topology: patient.topology, store: store, vitals: patient.vitals, logger: .silent
            ) { makeReady.yield() }
            do {
                try await dispatcher.run()
                return nil
            } catch let error as StoreError {
                return error
            }
        }
        try await withThrowingTaskGroup(of: StoreError?.self) { [patient] group in
            var starts = ready.makeAsyncIterator()
            group.addTask { try await run(patient) }
            await starts.next()
            group.addTask { try await run(other) }
            await starts.next()
            // A type that it has not heard of is written to the store.
            try await patient.say(.register, types: ["odd"])
            let error = try #require(try await group.next() ?? nil)
            #expect(error.code == .superseded)
            #expect(error.message.contains("prefix '\(patient.topology.prefix)': give each grid a store of its own"))
            let report = patient.vitals.report(service: "dispatcher", id: "1")
            #expect(!report.healthy && report.reasons.contains(error.message))
            #expect(other.vitals.report(service: "dispatcher", id: "2").reasons.isEmpty)
            group.cancelAll()
            #expect(try await group.next() ?? nil == nil)
        }
        try await patient.clean()
        try await other.clean()
    }

    @Test func `a worker with long tasks is healthy`() async throws {
        let (begun, begins) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let (ended, end) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let worker = TaskDefinition<String, String>("long").worker { text, _ in
            begins.yield()
            for await _ in ended {}
            return text
        }
        let host = WorkerHost(
            endpoint: try TestBroker.endpoint(), topology: patient.topology, workers: [worker],
            options: WorkerOptions(concurrency: 1, prefetch: 1), vitals: patient.vitals, logger: .silent
        )
        try await patient.live(host) { [patient] client in
            _ = try await client.health { $0.healthy && Set($0.loops.map(\.name)) == ["slots", "receiver", "sender", "heartbeat"] }
            for id in 1...3 { try await patient.handOut(TaskID(Int64(id)), "long") }
            _ = await begun.first { _ in true }
            patient.later(.seconds(36_000))
            // The heart has to beat again in the time that it is now.
            let busy = try await client.health { $0.healthy }
            #expect(busy.loops.first { $0.name == "slots" }?.state == .working)
            #expect(busy.loops.first { $0.name == "slots" }.map { $0.seconds > 30_000 } == true)
            end.finish()
        }
        try await patient.clean(types: ["long"])
    }
}
