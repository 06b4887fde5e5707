import TaskGridCore
import Testing

@testable import LocalGrid

@Suite struct WorkerCountsTests {
    private func type(_ name: String) throws -> TaskType { try TaskType(name) }

    @Test func `a text changes the counts of the types that it names`() throws {
        var counts = WorkerCounts([try type("reverse"): 1, try type("wait"): 1])
        try counts.apply("reverse=2,hash=4,wait=0", known: [try type("hash"), try type("reverse"), try type("wait")])
        #expect(counts.types.map(\.name) == ["hash", "reverse"])
        #expect(counts[try type("reverse")] == 2)
        #expect(counts[try type("wait")] == 0)
        #expect(counts.total == 6)
    }

    @Test func `a misspelt type is refused with the one that was meant`() {
        var counts = WorkerCounts()
        let error = #expect(throws: LocalGridError.self) { try counts.apply("hahs=1", known: [try type("hash"), try type("wait")]) }
        #expect(error?.message.hasSuffix("; did you mean 'hash'?") == true, "\(error?.message ?? "")")
    }

    @Test(arguments: ["hash", "hash=", "hash=-1", "hash=257", "hash=1=2", "Hash=1", "=1", "hash=x", "foo=3", "hash=1,hash=2", "hash=1,"])
    func `a wrong text is refused`(text: String) {
        var counts = WorkerCounts()
        let error = #expect(throws: LocalGridError.self) { try counts.apply(text, known: [try type("hash")]) }
        #expect(error?.code == .configuration)
    }
}
