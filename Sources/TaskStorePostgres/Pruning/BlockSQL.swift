import Postgres

/// The statements about one block, whose partitions are named in them.
struct BlockSQL {
    let block: Block

    private var number: Int64 { block.number }

    /// Of all tasks of the block the reader may look at each.
    static let mayScan = PostgresQuery.once("allow_scans", "SET LOCAL enable_seqscan = on")
    static let mayHash = PostgresQuery.once("allow_hashes", "SET LOCAL enable_hashjoin = on")

    /// How many tasks of each type the block has.
    var count: PostgresStatement {
        PostgresQuery.once("count_block", "SELECT type, count(*) AS count FROM task_\(number) GROUP BY type")()
    }

    /// How many tasks of the block have ended, and how many of these not before a time.
    func ended(before: Int64) -> PostgresStatement {
        PostgresQuery.once(
            "ended_of_block",
            "SELECT count(*) AS ended, count(*) FILTER (WHERE completed >= $1::bigint) AS young FROM ending_\(number)")(before)
    }

    /// The tasks of the block that stay: the open ones, and those that ended at `before` or later; and their bytes.
    func kept(before: Int64, limit: Int) -> PostgresStatement {
        PostgresQuery.once(
            "kept_of_block",
            """
            SELECT task.id, octet_length(task.payload) + coalesce(octet_length(ending.result), 0) AS bytes
            FROM task_\(number) AS task LEFT JOIN ending_\(number) AS ending ON ending.id = task.id
            WHERE ending.id IS NULL OR ending.completed >= $1::bigint LIMIT $2::bigint
            """)(before, Int64(limit))
    }

    /// Begins to promise that the ids of what is left of lower blocks lie below the block's end.
    var bounding: [PostgresStatement] {
        Block.tables.map { table, column in
            PostgresQuery.once(
                "bound_below",
                """
                ALTER TABLE \(table)_below DROP CONSTRAINT IF EXISTS bound, ADD CONSTRAINT bound CHECK (\(column) < \(block.end)) NOT VALID
                """)()
        }
    }

    /// Looks whether that is so: ``dropping`` need not while everything waits.
    static let validating = Block.tables.map { table, _ in
        PostgresQuery.once("validate_below", "ALTER TABLE \(table)_below VALIDATE CONSTRAINT bound")()
    }

    static let limitWait = PostgresQuery.once("limit_wait", "SET LOCAL lock_timeout = '200ms'")
    static let lock = PostgresQuery.once("lock_tables", "LOCK TABLE task, ending, attempt IN ACCESS EXCLUSIVE MODE")

    /// Takes the block out of the tables, with the partitions of what is left of lower ones.
    var detaching: [PostgresStatement] {
        Block.tables.flatMap { table, _ in
            ["below", "\(number)"].map {
                PostgresQuery.once("detach_block", "ALTER TABLE \(table) DETACH PARTITION \(table)_\($0)")()
            }
        }
    }

    /// Moves tasks to those that are left of lower blocks, and answers how many of each type it were.
    func moving(_ ids: [Int64]) -> [PostgresStatement] {
        let others = Block.tables.dropFirst().map { table, column in
            PostgresQuery.once(
                "move_rows", "INSERT INTO \(table)_below SELECT * FROM \(table)_\(number) WHERE \(column) = ANY($1::bigint[])")(ids)
        }
        let tasks = PostgresQuery.once(
            "move_tasks",
            """
            WITH moved AS (INSERT INTO task_below SELECT * FROM task_\(number) WHERE id = ANY($1::bigint[]) RETURNING type)
            SELECT type, count(*) AS count FROM moved GROUP BY type
            """)(ids)
        return others + [tasks]
    }

    /// Puts what is left back, and drops the rest.
    var dropping: [PostgresStatement] {
        let statements = Block.tables.flatMap { table, _ in
            [
                "ALTER TABLE \(table) ATTACH PARTITION \(table)_below FOR VALUES FROM (MINVALUE) TO (\(block.end))",
                "ALTER TABLE \(table)_below DROP CONSTRAINT IF EXISTS bound",
                "DROP TABLE \(table)_\(number)",
            ]
        }
        return (statements + ["DELETE FROM block WHERE number = \(number)"]).map { PostgresQuery.once("drop_block", $0)() }
    }

    static let lowest = PostgresQuery("lowest_block", "SELECT min(number) AS number FROM block")

    static let subtractKept = PostgresQuery(
        "subtract_kept",
        """
        UPDATE counter SET kept = counter.kept - gone.count FROM unnest($2::integer[], $3::bigint[]) AS gone (type, count)
        WHERE counter.slot = $1::integer AND counter.type = gone.type
        """)

    static let setPruned = PostgresQuery(
        "set_pruned",
        "UPDATE slot SET pruned = pruned + $2::bigint, pruned_to = greatest(pruned_to, $3::bigint) WHERE slot = $1::integer")
}
