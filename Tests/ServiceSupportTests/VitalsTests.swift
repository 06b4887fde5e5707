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

    // MARK: Loops

    @Test func aLoopThatWaitsIsIdleForAsLongAsItLikes() {
        vitals.stands(.serving)
        let pulse = vitals.pulse("turns")
        pulse.waits()
        time.passes(.seconds(100_000))
        #expect(report.healthy)
        #expect(report.loops == [HealthReport.Loop(LoopReading(name: "turns", state: .waiting, time: .seconds(100_000)))])
    }

    @Test func aLoopThatWorksOnTheSameForTooLongIsStuckUntilItMoves() {
        vitals.stands(.serving)
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

    @Test func aLoopThatGoesOnWithTheNextPartIsNotStuck() {
        vitals.stands(.serving)
        let pulse = vitals.pulse("pruning", limit: .seconds(5))
        for _ in 0..<100 {
            pulse.works()
            time.passes(.seconds(4))
            #expect(report.healthy)
        }
    }

    @Test func aLoopThatAClockDrivesMustMove() {
        vitals.stands(.serving)
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

    @Test func aLoopThatEndedIsMissedOnlyWhileTheServiceServes() {
        vitals.stands(.serving)
        vitals.pulse("intake").ends()
        #expect(report.reasons == ["loop 'intake' has ended; restart the service"])
        vitals.stands(.stopping)
        #expect(report.healthy)
    }

    @Test func aLoopOfALaterRunTakesThePlaceOfItsForerunner() {
        vitals.stands(.serving)
        vitals.pulse("intake").ends()
        vitals.pulse("intake").waits()
        #expect(report.healthy)
        #expect(report.loops.count == 1)
    }

    @Test func aLoopCanBeReadInAnotherWay() {
        vitals.stands(.serving)
        vitals.loop("slots") { _ in LoopReading(name: "slots", state: .working, time: .seconds(9000)) }
        #expect(report.healthy)
        vitals.loop("slots") { _ in LoopReading(name: "slots", state: .waiting, time: .seconds(20), problem: "have rested") }
        #expect(report.reasons == ["loop 'slots' have rested; its log may say why, a restart helps"])
    }

    // MARK: Connections

    @Test func aServiceThatHasNotBegunIsNotHealthy() {
        #expect(report.reasons == ["it is starting, and does not serve yet"])
        #expect(report.standing == .starting)
        vitals.connection { connection(.unconnected, since: .seconds(2), was: false, "nobody answers") }
        #expect(report.reasons == ["connection 'c' has not stood yet since 2 s, trying again: nobody answers"])
    }

    @Test func aConnectionMayBeLostForAMoment() {
        vitals.stands(.serving)
        vitals.connection { connection(.unconnected, since: .seconds(5), "reset") }
        #expect(report.healthy)
        vitals.connection { connection(.unconnected, since: .seconds(6), "reset") }
        #expect(report.reasons == ["connection 'c' is lost since 6 s, trying again: reset"])
        #expect(report.connections.map(\.state) == [.unconnected, .unconnected])
    }

    @Test func aBrokerThatTakesNoMessagesIsAReasonAtOnce() {
        vitals.stands(.serving)
        vitals.connection { connection(.blocked, "low on memory") }
        #expect(
            report.reasons
                == ["the broker takes no messages since 0 s, free memory or disk on it (connection 'c'): low on memory"]
        )
    }

    @Test func aConsumerThatIsNotRestoredIsAReason() {
        vitals.stands(.serving)
        let lapsed = time.now
        vitals.connection { connection(.connected, since: .seconds(900), unconsumed: ["q": lapsed]) }
        time.passes(.seconds(5))
        #expect(report.healthy)
        time.passes(.seconds(1))
        #expect(report.reasons == ["connection 'c' does not consume q since 6 s"])
    }

    @Test func whoStandsByIsWell() {
        vitals.connection { connection(.connected) }
        vitals.connection(mayStandBy: true) { connection(.locked, since: .seconds(1000), was: false, "405 RESOURCE_LOCKED") }
        #expect(report.healthy)
        #expect(report.standing == .standby)
    }

    @Test func whoStandsByNeedsTheBrokerAllTheSame() {
        vitals.connection { connection(.unconnected, since: .seconds(6)) }
        vitals.connection(mayStandBy: true) { connection(.locked) }
        #expect(report.reasons == ["connection 'c' is lost since 6 s, trying again"])
    }

    @Test func aQueueThatIsLockedIsNoExcuseForOthers() {
        vitals.stands(.serving)
        vitals.connection { connection(.locked, since: .seconds(6)) }
        #expect(!report.healthy)
        #expect(report.standing == .serving)
    }

    @Test func whoStopsClosesItsConnections() {
        vitals.stands(.stopping)
        vitals.connection { connection(.closed) }
        #expect(report.healthy)
        let pulse = vitals.pulse("sender")
        pulse.works()
        time.passes(.seconds(16))
        #expect(!report.healthy)
    }

    @Test func theReportIsPlainJSON() throws {
        vitals.stands(.serving)
        vitals.connection { connection(.connected) }
        vitals.pulse("turns").works()
        let json = String(decoding: JSON.encode(report), as: UTF8.self)
        #expect(
            json == """
                {"connections":[{"name":"c","seconds":0,"state":"connected"}],"healthy":true,"id":"1",\
                "loops":[{"name":"turns","seconds":0,"state":"working"}],"reasons":[],"service":"s","standing":"serving",\
                "version":"\(TaskGridVersion.current)"}
                """
        )
    }
}
