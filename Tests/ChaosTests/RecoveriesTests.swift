import TestSupport
import Testing

@testable import Chaos

@Suite("Recoveries")
struct RecoveriesTests {
    @Test func `count from the fault to the first end of a task submitted after it; the longest stays`() {
        var recoveries = Recoveries()
        recoveries.injected(.worker, at: .seconds(10))
        #expect(recoveries.hasOpen)
        recoveries.ended(submitted: .seconds(9), at: .seconds(11))
        #expect(recoveries.hasOpen, "a task submitted before the fault says nothing")
        recoveries.ended(submitted: .seconds(11), at: .seconds(14))
        recoveries.ended(submitted: .seconds(11), at: .seconds(19))
        #expect(!recoveries.hasOpen)
        recoveries.injected(.worker, at: .seconds(20))
        recoveries.ended(submitted: .seconds(21), at: .seconds(22))
        #expect(recoveries.rows == [Recoveries.Row(fault: .worker, injected: 2, longest: .seconds(4), open: 0)])
    }

    @Test func `one end closes all faults before its submission, and none after`() {
        var recoveries = Recoveries()
        recoveries.injected(.broker, at: .seconds(1))
        recoveries.injected(.dispatcher, at: .seconds(2))
        recoveries.injected(.broker, at: .seconds(3))
        recoveries.ended(submitted: .milliseconds(2500), at: .seconds(8))
        #expect(
            recoveries.rows == [
                Recoveries.Row(fault: .dispatcher, injected: 1, longest: .seconds(6), open: 0),
                Recoveries.Row(fault: .broker, injected: 2, longest: .seconds(7), open: 1),
            ])
    }

    @Test func `agree with looking through all faults and ends at once`() {
        forAll { generator, seed in
            var recoveries = Recoveries()
            var faults: [(Fault, Duration)] = []
            var ends: [(submitted: Duration, at: Duration)] = []
            var time = Duration.zero
            for _ in 0..<generator.number(0...60) {
                time += .milliseconds(generator.number(1...1_000))
                if generator.coin() {
                    let fault = generator.one(of: Fault.allCases)
                    faults.append((fault, time))
                    recoveries.injected(fault, at: time)
                } else {
                    let submitted = max(.zero, time - .milliseconds(generator.number(0...3_000)))
                    ends.append((submitted, time))
                    recoveries.ended(submitted: submitted, at: time)
                }
            }
            for row in recoveries.rows {
                let times = faults.filter { $0.0 == row.fault }.map { fault in
                    ends.first { $0.submitted > fault.1 && $0.at >= fault.1 }.map { $0.at - fault.1 }
                }
                #expect(row.injected == times.count, seed)
                #expect(row.longest == times.compactMap(\.self).max(), seed)
                #expect(row.open == times.count { $0 == nil }, seed)
            }
            #expect(Set(recoveries.rows.map(\.fault)) == Set(faults.map(\.0)), seed)
        }
    }
}
