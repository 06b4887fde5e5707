import Postgres
import TaskStore

/// The partitions that are attached to a store's tables, beside the blocks that it notes.
struct Partitions {
    static let findBlocks = PostgresQuery.once("inspect_blocks", "SELECT number FROM block ORDER BY number")

    static let findAttached = PostgresQuery.once(
        "inspect_partitions",
        """
        SELECT relname::text AS name FROM pg_catalog.pg_inherits JOIN pg_catalog.pg_class ON pg_class.oid = inhrelid
        WHERE inhparent IN (\((["submission"] + Block.tables.map(\.0)).map { "'\($0)'::regclass" }.joined(separator: ", ")))
        """)

    private static let lossAdvice = """
        stop the dispatcher: what was in it is lost, and what belongs there cannot be written; keep a copy of the store for a report, and \
        go on from a backup (Operating.md, 'Backup and restore')
        """
    /// More names than these are not listed.
    private static let mostListed = 6

    let blocks: Set<Int64>
    let attached: Set<String>
    /// The highest id that was given.
    let lastTask: Int64
    /// The PostgreSQL schema, as SQL names it.
    private let schema: String

    init(blocks: [Int64], attached: [String], lastTask: Int64, schema: String) {
        self.schema = Schema.quoted(schema)
        self.blocks = Set(blocks)
        self.attached = Set(attached)
        self.lastTask = lastTask
    }

    /// What is wrong with them. Blocks whose ids were skipped have none, so that a gap is no fault where ids were given already.
    var findings: [StoreFinding] {
        let missing = blocks.sorted().map { number in
            (number, Block.tables.map { "\($0.0)_\(number)" }.filter { !attached.contains($0) })
        }
        let lost = fixed.filter { !attached.contains($0) } + missing.filter { Block(number: $0.0).first <= lastTask }.flatMap(\.1)
        var findings = Self.list(lost, advice: Self.lossAdvice)
        for (number, names) in missing where Block(number: number).first > lastTask {
            findings += Self.list(names, advice: making(names, Block(number: number)))
        }
        return findings + unnoted + gap
    }

    /// Those that do not belong to a block.
    private var fixed: [String] {
        Block.tables.map { "\($0.0)_below" } + (0..<Schema.keyPartitions).map { "submission_\($0)" }
    }

    /// Blocks that have partitions and are not noted.
    private var unnoted: [StoreFinding] {
        let numbers = Set(
            attached.compactMap { name -> Int64? in
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
        guard next <= last, let first = (next...last).first(where: { !blocks.contains($0) }), !attached.contains("task_\(first)") else {
            return []
        }
        return [
            .problem(
                .rows, "block \(first) has no partitions, and ids of it are still to be given",
                advice: "stop the dispatcher, which cannot go on beyond the block before; keep a copy of the store and report it")
        ]
    }

    private static func list(_ names: [String], advice: String) -> [StoreFinding] {
        guard !names.isEmpty else { return [] }
        return [.problem(.rows, "\(names.count) partition\(names.count == 1 ? "" : "s") missing: \(listed(names))", advice: advice)]
    }

    private static func listed(_ names: [String]) -> String {
        names.prefix(mostListed).joined(separator: ", ") + (names.count > mostListed ? ", …" : "")
    }

    /// How to make those of a block again of which no id was given.
    private func making(_ names: [String], _ block: Block) -> String {
        let statements = names.map { name in
            let table = name.prefix { $0 != "_" }
            return "CREATE TABLE \(schema).\(name) PARTITION OF \(schema).\(table) FOR VALUES FROM (\(block.first)) TO (\(block.end))"
        }
        return "nothing was in it yet; make it again: \(statements.joined(separator: "; "))"
    }
}
