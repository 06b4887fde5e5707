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
}
