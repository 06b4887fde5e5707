import Testing

@testable import Dispatcher

@Suite("The watch over a dispatcher that stands by")
struct StandbyWatchTests {
    @Test func `a dispatcher stands by once it has done so for five seconds without a break`() {
        let start = ContinuousClock.now
        var reading = StandbyWatch.Reading()
        let looks = [(true, 0), (true, 4999), (true, 5000), (false, 6000), (true, 7000), (true, 11_000), (true, 12_000)]
        let answers = looks.map { reading.look($0, at: start + .milliseconds($1)) }
        #expect(answers == [false, false, true, false, false, false, true])
    }
}
