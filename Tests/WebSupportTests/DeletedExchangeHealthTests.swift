import AMQP
import Dispatcher
import Foundation
import HummingbirdTesting
import ServiceSupport
import TaskGridCore
import TaskStoreSQLite
import TestSupport
import Testing

@Suite("Health where somebody deletes or redeclares an exchange", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct DeletedExchangeHealthTests {
    @Test func `the dispatcher declares its exchange again within ten seconds, and names it`() async throws {
        let patient = Patient()
        let store = try await SQLiteTaskStore.inMemory()
        let dispatcher = Dispatcher(
            endpoint: try TestBroker.endpoint(), topology: patient.topology, store: store, vitals: patient.vitals, logger: .silent
        )
        try await patient.live(dispatcher) { [patient] http in
            _ = try await http.health { $0.healthy && $0.state == .serving }
            try await TestBroker.withConnection { try await $0.delete(exchange: patient.topology.submit.name) }
            let deleted = ContinuousClock.now
            let ill = try await http.health { !$0.healthy }
            #expect(ill.reasons == ["exchange \(patient.topology.submit.name) was deleted by somebody; it is declared again"])
            #expect(deleted.duration(to: .now) < .seconds(10))
            patient.later(.seconds(6))
            _ = try await http.health { $0.healthy }
        }
        try await patient.clean()
    }

    @Test func `the dispatcher replaces an exchange that somebody declares otherwise within ten seconds, and names it`() async throws {
        let patient = Patient()
        let registry = patient.topology.registry
        let store = try await SQLiteTaskStore.inMemory()
        let dispatcher = Dispatcher(
            endpoint: try TestBroker.endpoint(), topology: patient.topology, store: store, vitals: patient.vitals, logger: .silent
        )
        try await patient.live(dispatcher) { [patient] http in
            _ = try await http.health { $0.healthy && $0.state == .serving }
            try await TestBroker.withConnection { connection in
                let other = Declarations(exchanges: [Exchange(registry.name, .fanout)])
                try await connection.delete(exchange: registry.name)
                // The dispatcher may have declared it again meanwhile.
                while (try? await connection.declare(other)) == nil { try await connection.delete(exchange: registry.name) }
                let declared = ContinuousClock.now
                let reason = "exchange \(registry.name) was declared otherwise by somebody; it is declared again"
                _ = try await http.health { $0.reasons.contains(reason) }
                #expect(declared.duration(to: .now) < .seconds(10))
                // It is of its kind again: the broker refuses any other declaration.
                try await connection.declare(Declarations(exchanges: [registry]))
            }
            patient.later(.seconds(6))
            _ = try await http.health { $0.healthy }
        }
        try await patient.clean()
    }
}
