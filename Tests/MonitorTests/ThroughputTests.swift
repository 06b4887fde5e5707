import TaskGridCore
import Testing

@testable import Monitor

@Suite struct ThroughputTests {
    @Test func `no sample means no rate`() {
        #expect(Throughput().ended(at: .start) == 0)
    }

    @Test func `tasks that ended before the first sample do not count`() {
        var throughput = Throughput()
        throughput.record(total: 1_000_000, at: .after(0))
        #expect(throughput.ended(at: .after(0)) == 0)
        throughput.record(total: 1_000_010, at: .after(5))
        #expect(throughput.ended(at: .after(5)) == 10)
    }

    @Test func `a steady rate is steady`() {
        var throughput = Throughput()
        for second in 0...300 { throughput.record(total: 7 * second, at: .after(Double(second))) }
        #expect(throughput.ended(at: .after(300)) == 420)
        #expect(throughput.keptSamples <= 62)
        #expect(throughput.ended(at: .after(330)) == 210)
        #expect(throughput.ended(at: .after(360)) == 0)
        #expect(throughput.ended(at: .after(9999)) == 0)
    }

    @Test func `a long gap is spread over its seconds`() {
        var throughput = Throughput()
        throughput.record(total: 0, at: .after(0))
        throughput.record(total: 6000, at: .after(600))
        #expect(abs(throughput.ended(at: .after(600)) - 600) < 1e-6)
    }

    @Test func `many readings a second are one sample`() {
        var throughput = Throughput()
        for step in 0...1000 { throughput.record(total: step, at: .after(Double(step) / 100)) }
        #expect(throughput.keptSamples <= 12)
        #expect(throughput.ended(at: .after(10)) == 1000)
    }

    @Test func `a falling total starts again`() {
        var throughput = Throughput()
        throughput.record(total: 100, at: .after(0))
        throughput.record(total: 150, at: .after(1))
        throughput.record(total: 3, at: .after(2))
        #expect(throughput.ended(at: .after(2)) == 0)
        throughput.record(total: 5, at: .after(3))
        #expect(throughput.ended(at: .after(3)) == 2)
    }
}
