import Testing

@testable import Dispatcher

@Suite("When the broker was last known to bring what workers say")
struct RollCallTests {
    @Test func `after more than two seconds without a broker workers may not have been heard`() {
        let start = ContinuousClock.now
        var rollCall = RollCall(latest: start)
        let missed = [1000, 3000, 5001, 5002].filter { rollCall.call(at: start + .milliseconds($0)) }
        #expect(missed == [5001])
    }
}
