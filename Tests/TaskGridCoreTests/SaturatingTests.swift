import Testing

@testable import TaskGridCore

@Suite struct SaturatingTests {
    @Test func `a sum stays at the end of the range that it lies beyond`() {
        #expect(Int.max.saturatingAdding(1) == .max)
        #expect(Int.min.saturatingAdding(-1) == .min)
        #expect(UInt64.max.saturatingAdding(.max) == .max)
        #expect(3.saturatingAdding(-5) == -2)
        #expect([Int64.max, .max, -1].saturatingSum == .max - 1)
    }

    @Test(
        arguments: [
            (0.9, 0), (-0.9, 0), (1e300, Int.max), (-1e300, .min), (.infinity, .max), (-.infinity, .min), (.nan, 0), (0x1p63, .max),
            (12.7, 12),
        ] as [(Double, Int)]) func `a number with a fraction becomes a whole one, whatever it is`(_ value: Double, _ whole: Int)
    {
        #expect(Int(saturating: value) == whole)
    }

    @Test func `ids end where numbers do`() {
        #expect(TaskID(.max).advanced(by: 10) == TaskID(.max))
        #expect(TaskID(1).advanced(by: 10) == TaskID(11))
    }

    @Test func `counts of counts are counts`() {
        var counts = TaskCounts()
        counts.submitted = 1 << 53
        for state in TaskState.allCases { counts[state] = 1 << 53 }
        #expect(counts.sum == 1 << 53)
        #expect((counts + counts).pending == 1 << 53)
    }
}
