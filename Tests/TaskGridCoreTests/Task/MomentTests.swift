import TaskGridCore
import Testing

@Suite struct MomentTests {
    @Test func `moments measure time as the clock does`() {
        let instant = ContinuousClock.now
        let moment = Moment(instant)
        #expect(moment.instant == instant)
        for span in [.zero, .nanoseconds(1), .seconds(-5), .seconds(3600 * 24 * 365)] as [Duration] {
            let other = Moment(instant + span)
            #expect(other == moment + span)
            #expect(other - moment == span)
            #expect((moment < other) == (span > .zero))
            #expect(other.instant == instant + span)
        }
        #expect(moment <= .now)
    }
}
