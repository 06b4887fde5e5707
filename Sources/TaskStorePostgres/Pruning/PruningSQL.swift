import Postgres

/// The statements of forgetting.
enum PruningSQL {
    /// How many ended tasks there are, and where the searches are.
    static let find = PostgresQuery(
        "find_pruning",
        """
        SELECT (
            SELECT coalesce(sum(succeeded + failed + cancelled + expired), 0)::bigint FROM counter WHERE counter.slot = slot.slot
        ) - pruned AS ended, walked, swept, keys FROM slot WHERE slot = $1::integer
        """)

    /// The next endings, in the order in which their tasks were accepted; of each hundredth, when it was accepted.
    static let walk = PostgresQuery(
        "walk_endings",
        """
        SELECT walked.id, walked.completed, CASE WHEN walked.number % 100 = 1 THEN (
            SELECT created FROM submission WHERE submission.first = (
                SELECT id - "position" FROM task WHERE task.id = walked.id LIMIT 1
            ) LIMIT 1
        ) END AS created FROM (
            SELECT id, completed, row_number() OVER (ORDER BY id) AS number
            FROM (SELECT id, completed FROM ending WHERE id > $1::bigint ORDER BY id LIMIT $2::integer) AS next
        ) AS walked ORDER BY walked.id
        """)

    static let deleteAttempts = PostgresQuery("prune_attempts", "DELETE FROM attempt WHERE task = ANY($1::bigint[])")
    static let deleteEndings = PostgresQuery("prune_endings", "DELETE FROM ending WHERE id = ANY($1::bigint[])")

    /// Their types keep count of tasks.
    static let deleteTasks = PostgresQuery(
        "prune_tasks",
        """
        WITH gone AS (DELETE FROM task WHERE id = ANY($2::bigint[]) RETURNING type)
        UPDATE counter SET kept = counter.kept - types.count FROM (SELECT type, count(*) AS count FROM gone GROUP BY type) AS types
        WHERE counter.slot = $1::integer AND counter.type = types.type
        """)

    /// The next submissions, and whether their tasks are gone.
    static let sweep = PostgresQuery(
        "sweep_keys",
        """
        SELECT first, created, "user" = '' AS is_of_all, (
            SELECT id FROM task WHERE task.id >= next.first AND task.id < next.first + next.count LIMIT 1
        ) IS NULL AS is_empty
        FROM (SELECT first, created, count, "user" FROM submission WHERE first > $1::bigint ORDER BY first LIMIT $2::integer) AS next
        ORDER BY first
        """)

    /// Their types keep count of keys, too.
    static let deleteKeys = PostgresQuery(
        "prune_keys",
        """
        WITH gone AS (DELETE FROM submission WHERE first = ANY($2::bigint[]) RETURNING type)
        UPDATE counter SET kept = counter.kept - types.count FROM (
            SELECT type.id, count(*) AS count FROM gone JOIN LATERAL (SELECT id FROM type
                WHERE type.name = gone.type AND type.id <> 0 LIMIT 1) AS type ON true
            GROUP BY type.id
        ) AS types WHERE counter.slot = $1::integer AND counter.type = types.id
        """)
}
