import AMQP
import TestSupport
import Testing

@Suite struct BackoffTests {
    let backoff = Backoff(base: .milliseconds(200), ceiling: .seconds(10))

    @Test func `the limit doubles up to the ceiling`() {
        let limits = (1...8).map { backoff.limit(before: $0) }
        #expect(limits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10].map { .milliseconds(Int64($0 * 1000)) })
    }

    @Test func `a linear backoff grows by its base, a constant one does not grow`() {
        let linear = Backoff(base: .seconds(2), ceiling: .seconds(5), growth: .linear)
        #expect((0...4).map { linear.limit(before: $0) } == [2, 2, 4, 5, 5].map { .seconds($0) })
        #expect(Backoff(base: .seconds(2), ceiling: .seconds(2), growth: .constant).limit(before: Int.max) == .seconds(2))
        #expect(linear.limit(before: Int.max) == .seconds(5))
    }

    @Test(arguments: [Int.min, -1, 0, 1]) func `attempt numbers below one count as the first`(_ number: Int) {
        #expect(backoff.limit(before: number) == .milliseconds(200))
    }

    @Test(arguments: [41, 64, 1000, Int.max]) func `huge attempt numbers stay at the ceiling`(_ number: Int) {
        #expect(backoff.limit(before: number) == .seconds(10))
        #expect(Backoff(base: .seconds(Int64.max), ceiling: .seconds(Int64.max)).limit(before: number) == .seconds(Int64.max))
    }

    @Test func `a base above the ceiling is the ceiling`() {
        #expect(Backoff(base: .seconds(20), ceiling: .seconds(10)).limit(before: 1) == .seconds(10))
    }

    @Test func `a base of zero means no wait`() {
        #expect(Backoff(base: .zero, ceiling: .zero).delay(before: 3) == .zero)
        #expect(Backoff(base: .seconds(-1), ceiling: .seconds(-1)).delay(before: 3) == .zero)
    }

    @Test func `a wait is drawn between the half and the whole of its limit`() {
        forAll(200) { generator, seed in
            let number = Int.random(in: 1...12, using: &generator)
            let limit = backoff.limit(before: number)
            let delays = (0..<100).map { _ in backoff.delay(before: number, using: &generator) }
            #expect(delays.allSatisfy { $0 >= limit / 2 && $0 <= limit }, seed)
            // Of a hundred even draws, none in the lowest or the highest third of that has a chance of 10⁻¹⁷.
            #expect(delays.contains { $0 < limit * 4 / 6 } && delays.contains { $0 > limit * 5 / 6 }, seed)
        }
    }
}
