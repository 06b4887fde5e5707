import Testing

@testable import TaskStorePostgres

@Suite("The pace of forgetting row by row")
struct PruningPaceTests {
    @Test func `what was saved up is spent, and comes back with time`() {
        let start = ContinuousClock.now
        var pace = PruningPace(at: start)
        #expect(pace.allowance(at: start) == Int(PruningPace.most))
        pace.spend(Int(PruningPace.most))
        #expect(pace.allowance(at: start) == 0)
        #expect(pace.allowance(at: start + .milliseconds(500)) == Int(PruningPace.perSecond / 2))
        #expect(pace.allowance(at: start + .seconds(3600)) == Int(PruningPace.most))
    }

    @Test func `as many rows go as come, whatever time allows`() {
        let start = ContinuousClock.now
        var pace = PruningPace(at: start)
        pace.spend(Int(PruningPace.most))
        let rate = 10 * Int(PruningPace.perSecond)
        for second in 1...60 {
            pace.earn(rate)
            let allowance = pace.allowance(at: start + .seconds(second))
            #expect(allowance == rate + Int(PruningPace.perSecond))
            pace.spend(allowance)
        }
        // Those that need not go yet are not saved up without end, nor lost to time.
        for _ in 0..<60 { pace.earn(rate) }
        #expect(pace.allowance(at: start + .seconds(120)) == Int(PruningPace.mostEarned))
    }
}
