import Postgres

/// The statements of a move to this store.
enum MoveSQL {
    static let origin = PostgresQuery.once("find_origin", "SELECT origin, version <= $1::integer AS is_known FROM grid")

    static let setOrigin = PostgresQuery.once("set_origin", "UPDATE grid SET last_type = $1::integer, origin = $2::text")

    static let setSlot = PostgresQuery.once(
        "set_slot",
        """
        UPDATE slot SET identity = $2::text, secret = $3::bytea, epoch = $4::bigint, term = $5::bigint, last_task = $6::bigint,
            pruned = $7::bigint, pruned_to = $8::bigint, walked = $9::bigint, swept = $10::bigint, keys = $11::bigint,
            keys_of_all = $12::bigint, clock = $13::bigint, wall = $14::bigint, wall_offset = $15::bigint
        WHERE slot = $1::integer
        """)

    static let insertTypes = PostgresQuery.once(
        "insert_types",
        """
        INSERT INTO type (id, name, paused) SELECT * FROM unnest($1::integer[], $2::text[], $3::bigint[])
        ON CONFLICT (id) DO NOTHING
        """)

    static let insertCounters = PostgresQuery.once(
        "insert_counters",
        """
        INSERT INTO counter (slot, type, submitted, succeeded, failed, cancelled, expired, kept)
        SELECT $1::integer, * FROM unnest(
            $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
        """)

    static let insertSubmissions = PostgresQuery(
        "copy_submissions",
        """
        INSERT INTO submission (first, created, count, form, "user", key, client, correlation, type, fingerprint)
        SELECT * FROM unnest(
            $1::bigint[], $2::bigint[], $3::integer[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                $10::bytea[])
        """)

    static let insertEndings = PostgresQuery(
        "copy_endings",
        """
        INSERT INTO ending (id, completed, run, type, attempt, state, worker, error, result)
        SELECT * FROM unnest(
            $1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::integer[], $6::smallint[], $7::text[], $8::text[], $9::bytea[])
        """)

    static let insertAttempts = PostgresQuery(
        "copy_attempts",
        """
        INSERT INTO attempt (task, ended, run, number, outcome, worker, error)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::text[], $6::text[], $7::text[])
        """)

    static let insertRanges = PostgresQuery(
        "copy_ranges",
        """
        INSERT INTO open_range (type, priority, first, last, rest)
        SELECT * FROM unnest($1::integer[], $2::smallint[], $3::bigint[], $4::bigint[], $5::integer[])
        """)

    static let insertOpenings = PostgresQuery(
        "copy_openings",
        """
        INSERT INTO open (id, due, expires, due_at, expires_at, type, attempt, failures, interruptions, priority, error)
        SELECT * FROM unnest(
            $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::integer[], $7::integer[], $8::integer[],
                $9::integer[], $10::smallint[], $11::text[])
        """)

    /// Plans for reading all of the tables, not for looking rows up.
    static let readAll = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"].map {
        PostgresQuery.once("allow_plans", "SET LOCAL \($0) = on")()
    }
}
