import ServiceSupport
import TaskGridCore
import Testing

@Suite("Events that are told once a minute")
struct EventThrottleTests {
    @Test func `of events that say the same one is told a minute`() {
        let start = Moment.now
        var throttle = EventThrottle()
        let told = [0, 1, 59, 60, 61, 119, 200].filter { throttle.passes(at: start + .seconds($0)) }
        #expect(told == [0, 60, 200])
    }
}
