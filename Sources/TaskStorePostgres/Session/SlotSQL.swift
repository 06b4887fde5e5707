import Postgres

/// The statements about the row of `slot`.
enum SlotSQL {
    static let find = PostgresQuery(
        "find_slot",
        """
        SELECT slot.*, (SELECT coalesce(max(number), -1) FROM block) AS last_block FROM slot WHERE slot = $1::integer
        """)

    /// Begins a term. Of another timeline than the term before, or in another table, it begins an epoch too, and skips a block of ids: the
    /// database may have lost the last commits, and what they handed out must fit nothing. The number of an epoch has the time, in
    /// milliseconds: the same copy may be restored again, and the lives that it begins have different proofs.
    static let beginTerm = PostgresQuery(
        "begin_term",
        """
        UPDATE slot SET term = term + 1, turn = turn + 1,
            epoch = CASE WHEN \(isElsewhere)
                THEN greatest(epoch + 1, (1000 * extract(epoch FROM clock_timestamp()))::bigint) ELSE epoch END,
            last_task = last_task + CASE WHEN \(isElsewhere) THEN \(Block.size) ELSE 0 END,
            timeline = coalesce($2::bigint, timeline), home = CASE WHEN home LIKE '%/' || $3::text THEN home ELSE coalesce($3::text, home) END
        WHERE slot = $1::integer RETURNING slot.*, (SELECT coalesce(max(number), -1) FROM block) AS last_block,
            (SELECT former.epoch FROM slot AS former WHERE former.slot = $1::integer) AS former_epoch,
            (SELECT former.timeline FROM slot AS former WHERE former.slot = $1::integer) AS former_timeline
        """)

    /// The table's name ends alike whether the server tells its own number or not.
    private static let isElsewhere = """
        (timeline <> $2::bigint OR home <> $3::text AND home NOT LIKE '%/' || $3::text AND $3::text NOT LIKE '%/' || home)
        """

    /// Ends the sessions of this user that have written to the slot and then left the server waiting for them, in the middle of a transaction
    /// or of a request. One that commits waits for something else, and goes on.
    static let endSilentSessions = PostgresQuery(
        "end_silent_sessions",
        """
        SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) AS ended FROM pg_stat_activity
        WHERE usename = current_user AND wait_event_type = 'Client' AND state_change < clock_timestamp() - interval '3 seconds'
            AND pid IN (SELECT pid FROM pg_locks WHERE granted AND mode = 'RowExclusiveLock' AND relation = 'slot'::regclass
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
        """)

    /// The database's timeline, which is another after a failover and after a restore. Everyone may call these functions, and they tell the
    /// new timeline at once: `pg_control_checkpoint()` tells it after the next checkpoint only.
    static let timeline = PostgresQuery(
        "timeline", "SELECT substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) AS timeline")

    /// Names the table of slots among all of all servers: tables that `pg_dump` has written get other numbers where they are restored. The
    /// server's own number tells two servers apart whose tables happen to have the same ones.
    static let home = PostgresQuery(
        "home",
        """
        SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
            (SELECT oid FROM pg_database WHERE datname = current_database()), 'slot'::regclass::oid) AS home
        """)

    /// The same where the server does not tell its number.
    static let homeInDatabase = PostgresQuery(
        "home_in_database",
        """
        SELECT concat_ws('/', (SELECT oid FROM pg_database WHERE datname = current_database()), 'slot'::regclass::oid) AS home
        """)

    /// A commit that has returned is durable, whatever the role's or the database's default is. The server says what standbys
    /// have to confirm.
    static let makeDurable = PostgresQuery(
        "make_durable",
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'")

    /// The fence of changes that are no commit of the dispatcher.
    static let fence = PostgresQuery(
        "fence_step",
        """
        UPDATE slot SET turn = turn + 1
        WHERE slot = $1::integer AND turn = $2::bigint AND ($3::bigint IS NULL OR term = $3::bigint) RETURNING term
        """)

    static let setAlignment = PostgresQuery("set_alignment", "UPDATE slot SET wall_offset = $2::bigint WHERE slot = $1::integer")

    static let setPruning = PostgresQuery(
        "set_pruning",
        """
        UPDATE slot SET pruned = pruned + $2::bigint, pruned_to = greatest(pruned_to, $3::bigint), walked = $4::bigint, swept = $5::bigint,
            keys = keys - $6::bigint, keys_of_all = greatest(0, keys_of_all - $7::bigint)
        WHERE slot = $1::integer
        """)
}
