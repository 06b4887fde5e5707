import AMQP
import Foundation
import LocalGrid
import Logging
import ServiceSupport
import TaskGridCore
import TaskStore
import TestSupport
import Testing

@testable import Dispatcher

@Suite("A dispatcher with a lease and a broker that does not answer", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct LeadershipTests {
    /// A lease that everyone gets.
    private final class Lease: StoreLease {
        let renewals = Journal<ContinuousClock.Instant>()

        func take(for holder: String, hint: Bool) async throws(StoreError) -> LeaseAnswer { .granted(former: nil) }

        func renew(for holder: String) async throws(StoreError) -> LeaseAnswer {
            renewals.add(.now)
            return .granted(former: nil)
        }

        func release(by holder: String) async throws(StoreError) {}
    }

    @Test func `the lease is renewed while the broker is asked for the lock`() async throws {
        let lease = Lease()
        let log = Journal<LogLine>()
        let topology = Topology(prefix: "test-\(UUID().uuidString.prefix(12).lowercased())")
        let (proxy, endpoint) = try TestBroker.behindProxy()
        let lock = Connection(endpoint, name: "test lock", logger: Logger(into: log))
        let consuming = Connection(try TestBroker.endpoint(), name: "test consume", logger: .silent)
        let leadership = Leadership(
            lease, id: "test", lock: lock, consuming: consuming, queue: topology.dispatcherLock, vitals: Vitals(), logger: .silent)
        try await leadership.start()
        try await consuming.start()
        try await lease.renewals.wait(beyond: 0)
        proxy.stall()
        // The lock is asked for soon, and the broker has 5 s for its answer.
        #expect(await log.saw { $0.message == "connection lost or not made, trying again" })
        let renewals = lease.renewals.entries + [.now]
        let longest = zip(renewals, renewals.dropFirst()).map { $0.duration(to: $1) }.max() ?? .zero
        // Twice what it lasts: the machine may be busy.
        #expect(longest < LeaseTiming.duration * 2, "\(longest)")
        proxy.stop()
        await consuming.close()
        await leadership.end()
    }
}
