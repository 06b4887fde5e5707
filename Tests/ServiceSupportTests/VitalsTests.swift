import AMQP
import Foundation
import Synchronization
import TaskGridCore
import Testing

@testable import ServiceSupport

@Suite struct VitalsTests {
    /// Time that passes when the test says so.
    private final class Time: Sendable {
        private let state = Mutex(ContinuousClock.now)

        var now: ContinuousClock.Instant { state.withLock { $0 } }

        func passes(_ duration: Duration) { state.withLock { $0 += duration } }
    }

    private let time = Time()
    private let vitals: Vitals

    init() {
        vitals = Vitals { [time] in time.now }
    }

    private var report: HealthReport { vitals.report(service: "s", id: "1") }

    private func connection(
        _ state: ConnectionReading.State, since age: Duration = .zero, was: Bool = true, _ detail: String? = nil,
        unconsumed: [String: ContinuousClock.Instant] = [:]
    ) -> ConnectionReading {
        ConnectionReading(
            name: "c", state: state, since: time.now - age, wasConnected: was, detail: detail, unconsumed: unconsumed
        )
    }

    @Test func `a problem holds until it is said to be over, or for as long as it was said to`() {
        vitals.enter(.serving)
        vitals.problem("store", "full")
        vitals.problem("queue", "unbound", lasting: .seconds(60))
        time.passes(.seconds(59))
        #expect(report.reasons == ["unbound", "full"])
        vitals.problem("queue", "unbound", lasting: .seconds(60))
        time.passes(.seconds(59))
        #expect(report.reasons == ["unbound", "full"])
        time.passes(.seconds(1))
        #expect(report.reasons == ["full"])
        vitals.problem("store", nil)
        #expect(report.healthy)
    }

    // MARK: Loops

    @Test func `a loop that waits is idle, however long`() {
        vitals.enter(.serving)
        let pulse = vitals.pulse("turns")
        pulse.waits()
        time.passes(.seconds(100_000))
        #expect(report.healthy)
        #expect(report.loops == [HealthReport.Loop(LoopReading(name: "turns", state: .waiting, time: .seconds(100_000)))])
    }

    @Test func `a loop that works on the same for too long is stuck until it moves`() {
        vitals.enter(.serving)
        let pulse = vitals.pulse("turns")
        pulse.works()
        time.passes(.seconds(15))
        #expect(report.healthy)
        time.passes(.milliseconds(1))
        #expect(!report.healthy)
        time.passes(.seconds(8))
        #expect(
            report.reasons == [
                "loop 'turns' has worked on the same for 23 s, at most 15 s are right; its log may say why, a restart helps"
            ]
        )
        pulse.waits()
        #expect(report.healthy)
    }

    @Test func `a restart is no advice for a loop that is stuck by a cause that is known`() {
        vitals.enter(.serving)
        vitals.pulse("turns").works()
        vitals.problem("store", "full")
        time.passes(.seconds(16))
        #expect(report.reasons == ["full", "loop 'turns' has worked on the same for 16 s, at most 15 s are right"])
    }

    @Test func `a loop that goes on with the next part is not stuck`() {
        vitals.enter(.serving)
        let pulse = vitals.pulse("pruning", limit: .seconds(5))
        for _ in 0..<100 {
            pulse.works()
            time.passes(.seconds(4))
            #expect(report.healthy)
        }
    }

    @Test func `a loop that a clock drives is stuck if it does not move`() {
        vitals.enter(.serving)
        let pulse = vitals.pulse("heart", limit: .seconds(15), period: .seconds(1))
        time.passes(.seconds(16))
        #expect(report.healthy)
        time.passes(.milliseconds(1))
        #expect(
            report.reasons
                == ["loop 'heart' has not moved for 16 s, though it should every 1 s; its log may say why, a restart helps"]
        )
        pulse.waits()
        #expect(report.healthy)
    }

    @Test func `a loop that ended is missed only while the service serves`() {
        vitals.enter(.serving)
        vitals.pulse("intake").ends()
        #expect(report.reasons == ["loop 'intake' has ended; restart the service"])
        vitals.enter(.stopping)
        #expect(report.healthy)
    }

    @Test func `a loop of a later run replaces the earlier one`() {
        vitals.enter(.serving)
        vitals.pulse("intake").ends()
        vitals.pulse("intake").waits()
        #expect(report.healthy)
        #expect(report.loops.count == 1)
    }

    @Test func `a closure can say how a loop is`() {
        vitals.enter(.serving)
        vitals.loop("slots") { _ in LoopReading(name: "slots", state: .working, time: .seconds(9000)) }
        #expect(report.healthy)
        vitals.loop("slots") { _ in LoopReading(name: "slots", state: .waiting, time: .seconds(20), problem: "have rested") }
        #expect(report.reasons == ["loop 'slots' have rested; its log may say why, a restart helps"])
    }

    // MARK: Connections

    @Test func `a service that has not begun is not healthy`() {
        #expect(report.reasons == ["it is starting, and does not serve yet"])
        #expect(report.state == .starting)
        vitals.connection { connection(.unconnected, since: .seconds(2), was: false, "nobody answers") }
        #expect(report.reasons == ["connection 'c' is not connected yet since 2 s, trying again: nobody answers"])
    }

    @Test func `a connection may be lost for a moment`() {
        vitals.enter(.serving)
        vitals.connection { connection(.unconnected, since: .seconds(5), "reset") }
        #expect(report.healthy)
        vitals.connection { connection(.unconnected, since: .seconds(6), "reset") }
        #expect(report.reasons == ["connection 'c' is lost since 6 s, trying again: reset"])
        #expect(report.connections.map(\.state) == [.unconnected, .unconnected])
    }

    @Test func `a broker alarm makes a service unhealthy at once`() {
        vitals.enter(.serving)
        vitals.connection { connection(.blocked, "low on memory") }
        #expect(
            report.reasons
                == ["the broker takes no messages since 0 s, free memory or disk on it (connection 'c'): low on memory"]
        )
    }

    @Test func `a consumer that is not restored makes a service unhealthy`() {
        vitals.enter(.serving)
        let lapsed = time.now
        vitals.connection { connection(.connected, since: .seconds(900), unconsumed: ["q": lapsed]) }
        time.passes(.seconds(5))
        #expect(report.healthy)
        time.passes(.seconds(1))
        #expect(report.reasons == ["connection 'c' does not consume q since 6 s"])
    }

    @Test func `a service that stands by is healthy`() {
        vitals.connection { connection(.connected) }
        vitals.connection(mayStandBy: true) { connection(.locked, since: .seconds(1000), was: false, "405 RESOURCE_LOCKED") }
        #expect(report.healthy)
        #expect(report.state == .standby)
    }

    @Test func `a service that stands by needs the broker all the same`() {
        vitals.connection { connection(.unconnected, since: .seconds(6)) }
        vitals.connection(mayStandBy: true) { connection(.locked) }
        #expect(report.reasons == ["connection 'c' is lost since 6 s, trying again"])
    }

    @Test func `a locked queue makes a service unhealthy that cannot stand by`() {
        vitals.enter(.serving)
        vitals.connection { connection(.locked, since: .seconds(6)) }
        #expect(!report.healthy)
        #expect(report.state == .serving)
    }

    @Test func `a service that stops may close its connections`() {
        vitals.enter(.stopping)
        vitals.connection { connection(.closed) }
        #expect(report.healthy)
        let pulse = vitals.pulse("sender")
        pulse.works()
        time.passes(.seconds(16))
        #expect(!report.healthy)
    }

    @Test func `the report is plain JSON`() throws {
        vitals.enter(.serving)
        vitals.connection { connection(.connected) }
        vitals.pulse("turns").works()
        let json = String(decoding: JSON.encode(report), as: UTF8.self)
        #expect(
            json == """
                {"connections":[{"name":"c","seconds":0,"state":"connected"}],"healthy":true,"id":"1",\
                "loops":[{"name":"turns","seconds":0,"state":"working"}],"reasons":[],"service":"s","state":"serving",\
                "version":"\(TaskGridVersion.current)"}
                """
        )
    }
}
