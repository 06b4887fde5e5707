import Postgres
import TaskStore

/// The partitions of a store's tables, beside the blocks that it notes.
struct Partitions {
    static let findBlocks = PostgresQuery.once("inspect_blocks", "SELECT number FROM block ORDER BY number")

    private static let lossAdvice = """
        stop the dispatcher: what was in it is lost, and what belongs there cannot be written; keep a copy of the store for a report, and \
        go on from a backup (Operating.md, 'Backup and restore')
        """
    /// More names than these are not listed.
    private static let mostListed = 6

    let blocks: Set<Int64>
    /// The bounds of those that are attached, by their names.
    private let bounds: [String: String]
    /// The tables that are no partitions. Partitions that were detached are among them.
    private let others: Set<String>
    /// The highest id that was given.
    let lastTask: Int64
    /// The PostgreSQL schema, as SQL names it.
    private let schema: String

    init(blocks: [Int64], tables: [CatalogTable], lastTask: Int64, schema: String) {
        self.schema = Schema.quoted(schema)
        self.blocks = Set(blocks)
        bounds = Dictionary(tables.compactMap { table in table.bounds.map { (table.name, $0) } }) { first, _ in first }
        others = Set(tables.filter { $0.bounds == nil }.map(\.name))
        self.lastTask = lastTask
    }

    /// Those that are still there, and belong to no table any more: without them nothing can be said of the rows.
    var hasDetached: Bool { !detached.isEmpty }

    /// What is wrong with them. Blocks whose ids were skipped have none, so that a gap is no fault where ids were given already.
    var findings: [StoreFinding] {
        let missing = blocks.sorted().map { number in
            (number, Block.tables.map { "\($0.0)_\(number)" }.filter(isGone))
        }
        let lost = fixed.filter(isGone) + missing.filter { Block(number: $0.0).first <= lastTask }.flatMap(\.1)
        var findings = Self.list(lost, "missing", advice: Self.lossAdvice)
        for (number, names) in missing where Block(number: number).first > lastTask {
            findings += Self.list(names, "missing", advice: making(names))
        }
        findings += Self.list(
            detached, "detached",
            advice: "stop the dispatcher; the tables are still there, attach them again: \(attaching(detached)); then check again")
        return findings + wrongBounds + unnoted + gap
    }

    private func isGone(_ name: String) -> Bool { bounds[name] == nil && !others.contains(name) }

    /// All that there must be.
    private var expected: [String] { fixed + blocks.sorted().flatMap { number in Block.tables.map { "\($0.0)_\(number)" } } }

    private var detached: [String] { expected.filter(others.contains) }

    private var wrongBounds: [StoreFinding] {
        let wrong = expected.filter { name in
            guard let found = bounds[name] else { return false }
            // The lowest ids end where a block ended that was removed.
            return name.hasSuffix("_below") ? !found.hasPrefix("FOR VALUES FROM (MINVALUE) TO (") : found != Self.bounds(name)
        }
        guard !wrong.isEmpty else { return [] }
        let detaching = wrong.map { "ALTER TABLE \(schema).\(Self.parent($0)) DETACH PARTITION \(schema).\($0)" }
            .joined(separator: "; ")
        return [
            .problem(
                .rows, "\(wrong.count) partition\(wrong.count == 1 ? "" : "s") with wrong bounds: \(Self.listed(wrong))",
                advice: "stop the dispatcher, which cannot write all that belongs there, and attach them with the right ones: "
                    + "\(detaching); \(attaching(wrong)); then check again")
        ]
    }

    /// Which rows a partition must have. Those of the lowest ids may end anywhere before the first block.
    private static func bounds(_ name: String, firstBlock: Int64 = 0) -> String {
        let suffix = name.drop { $0 != "_" }.dropFirst()
        if parent(name) == "submission" { return "FOR VALUES WITH (MODULUS \(Schema.keyPartitions), REMAINDER \(suffix))" }
        guard let number = Int64(suffix) else { return "FOR VALUES FROM (MINVALUE) TO (\(Block(number: firstBlock).first))" }
        return "FOR VALUES FROM (\(Block(number: number).first)) TO (\(Block(number: number).end))"
    }

    /// The table that a partition belongs to.
    private static func parent(_ name: String) -> Substring { name.prefix { $0 != "_" } }

    private func attaching(_ names: [String]) -> String {
        let firstBlock = blocks.min() ?? 0
        return names.map { name in
            "ALTER TABLE \(schema).\(Self.parent(name)) ATTACH PARTITION \(schema).\(name) "
                + Self.bounds(name, firstBlock: firstBlock)
        }.joined(separator: "; ")
    }

    /// Those that do not belong to a block.
    private var fixed: [String] {
        Block.tables.map { "\($0.0)_below" } + (0..<Schema.keyPartitions).map { "submission_\($0)" }
    }

    /// Blocks that have partitions and are not noted.
    private var unnoted: [StoreFinding] {
        let numbers = Set(
            bounds.keys.compactMap { name -> Int64? in
                guard let table = Block.tables.first(where: { name.hasPrefix("\($0.0)_") })?.0 else { return nil }
                return Int64(name.dropFirst(table.count + 1))
            }
        ).subtracting(blocks).sorted()
        guard !numbers.isEmpty else { return [] }
        let values = numbers.prefix(Self.mostListed).map { "(\($0))" }.joined(separator: ", ")
        return [
            .problem(
                .rows,
                "\(numbers.count) block\(numbers.count == 1 ? " has" : "s have") partitions, and no row in `block`: "
                    + Self.listed(numbers.map(String.init)),
                advice: "stop the dispatcher, which cannot make them again, and note them: INSERT INTO \(schema).block VALUES \(values)")
        ]
    }

    /// The first block without partitions between the next id and the last block: the dispatcher makes them after the last block only.
    private var gap: [StoreFinding] {
        guard let last = blocks.max() else {
            return unnoted.isEmpty ? [.problem(.rows, "no block of ids has partitions", advice: Self.lossAdvice)] : []
        }
        let next = Block(of: min(lastTask, .max - 1) + 1).number
        guard next <= last, let first = (next...last).first(where: { !blocks.contains($0) }), bounds["task_\(first)"] == nil else {
            return []
        }
        return [
            .problem(
                .rows, "block \(first) has no partitions, and ids of it are still to be given",
                advice: "stop the dispatcher, which cannot go on beyond the block before; keep a copy of the store and report it")
        ]
    }

    private static func list(_ names: [String], _ state: String, advice: String) -> [StoreFinding] {
        guard !names.isEmpty else { return [] }
        return [.problem(.rows, "\(names.count) partition\(names.count == 1 ? "" : "s") \(state): \(listed(names))", advice: advice)]
    }

    private static func listed(_ names: [String]) -> String {
        names.prefix(mostListed).joined(separator: ", ") + (names.count > mostListed ? ", …" : "")
    }

    /// How to make those of a block again of which no id was given.
    private func making(_ names: [String]) -> String {
        let statements = names.map { name in
            "CREATE TABLE \(schema).\(name) PARTITION OF \(schema).\(Self.parent(name)) \(Self.bounds(name))"
        }
        return "nothing was in it yet; make it again: \(statements.joined(separator: "; "))"
    }
}
