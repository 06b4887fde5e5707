import ServiceSupport
import Testing

@testable import Dispatcher

@Suite("The watch over a dispatcher that stands by")
struct StandbyWatchTests {
    @Test func `a dispatcher stands by once it has done so for five seconds without a break`() {
        let start = ContinuousClock.now
        var reading = StandbyWatch.Reading()
        let looks: [(state: ServiceState, milliseconds: Int)] = [
            (.standby, 0), (.standby, 4999), (.standby, 5000), (.starting, 6000), (.standby, 7000), (.standby, 11_000), (.standby, 12_000),
        ]
        let answers = looks.map { reading.look($0.state, at: start + .milliseconds($0.milliseconds)) }
        #expect(answers == [false, false, true, false, false, false, true])
    }
}
