import TaskStore
import Testing

@testable import TaskStorePostgres

@Suite("The partitions that an inspection finds")
struct PartitionsTests {
    private static let fixed = ["task_below", "ending_below", "attempt_below"] + (0..<4).map { "submission_\($0)" }

    private static func attached(_ blocks: Int64...) -> [String] {
        fixed + blocks.flatMap { block in Block.tables.map { "\($0.0)_\(block)" } }
    }

    private static func bounds(_ name: String) -> String {
        let suffix = name.split(separator: "_")[1]
        if name.hasPrefix("submission") { return "FOR VALUES WITH (MODULUS 4, REMAINDER \(suffix))" }
        guard let number = Int64(suffix) else { return "FOR VALUES FROM (MINVALUE) TO (0)" }
        return "FOR VALUES FROM (\(number * 1_048_576)) TO (\((number + 1) * 1_048_576))"
    }

    private func findings(_ blocks: [Int64], _ attached: [String], detached: [String] = [], lastTask: Int64) -> [StoreFinding] {
        let tables =
            attached.map { CatalogTable(name: $0, bounds: Self.bounds($0)) } + detached.map { CatalogTable(name: $0, bounds: nil) }
        return Partitions(blocks: blocks, tables: tables, lastTask: lastTask, schema: "grid").findings
    }

    @Test func `partitions that are detached are attached again, those that hold the lowest ids up to the first block`() throws {
        let detached = ["task_below", "ending_3", "attempt_4"]
        let found = findings([3, 4], Self.attached(3, 4).filter { !detached.contains($0) }, detached: detached, lastTask: 4_000_000)
        #expect(found.map(\.found) == ["3 partitions detached: task_below, ending_3, attempt_4"])
        let advice = try #require(found[0].advice)
        for statement in [
            "ALTER TABLE \"grid\".task ATTACH PARTITION \"grid\".task_below FOR VALUES FROM (MINVALUE) TO (3145728);",
            "ALTER TABLE \"grid\".ending ATTACH PARTITION \"grid\".ending_3 FOR VALUES FROM (3145728) TO (4194304);",
            "ALTER TABLE \"grid\".attempt ATTACH PARTITION \"grid\".attempt_4 FOR VALUES FROM (4194304) TO (5242880);",
        ] {
            #expect(advice.contains(statement), "\(advice)")
        }
    }

    @Test func `blocks that were removed, skipped or made ahead are no fault`() {
        #expect(findings([0, 1], Self.attached(0, 1), lastTask: 0).isEmpty)
        // Ids were skipped in several epochs, and the next commit makes the partitions.
        #expect(findings([0, 1], Self.attached(0, 1), lastTask: 5 * Block.size).isEmpty)
        #expect(findings([3, 7, 8], Self.attached(3, 7, 8), lastTask: 7 * Block.size - 1).isEmpty)
        #expect(findings([3, 7, 8], Self.attached(3, 7, 8), lastTask: 8 * Block.size).isEmpty)
    }

    @Test func `a gap before ids that are still to be given is a fault`() {
        let found = findings([3, 7, 8], Self.attached(3, 7, 8), lastTask: 4 * Block.size)
        #expect(found.map(\.found) == ["block 4 has no partitions, and ids of it are still to be given"])
    }

    @Test func `partitions of ids that were given are lost, and others can be made again`() throws {
        let found = findings([0, 1], Self.attached(0, 1).filter { !["task_0", "ending_1"].contains($0) }, lastTask: 9)
        #expect(found.map(\.found) == ["1 partition missing: task_0", "1 partition missing: ending_1"])
        #expect(try #require(found[0].advice).contains("backup"))
        let statement = "CREATE TABLE \"grid\".ending_1 PARTITION OF \"grid\".ending FOR VALUES FROM (1048576) TO (2097152)"
        #expect(try #require(found[1].advice).contains(statement))
    }

    @Test func `no blocks at all is one fault`() {
        #expect(findings([], Self.fixed, lastTask: 9).map(\.found) == ["no block of ids has partitions"])
        #expect(findings([], Self.attached(0, 1), lastTask: 9).count == 1)
    }
}
