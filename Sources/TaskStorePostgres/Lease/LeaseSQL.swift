import Postgres
import TaskStore

/// The statements about the row of `lease`. `clock_timestamp()` is read anew after a wait for the row, where `now()` would tell the start.
enum LeaseSQL {
    /// A lease of the future was given by another clock, before a failover or a step of the clock, and would last for ever: it is over too.
    static let take = PostgresQuery(
        "take_lease",
        """
        WITH former AS MATERIALIZED (\(reading)),
        granted AS (
            UPDATE lease SET holder = $2, renewed = clock_timestamp(), until = clock_timestamp() + $3::bigint * interval '1 millisecond'
            WHERE slot = $1::integer AND (
                holder IS NULL OR holder = $2 OR until <= clock_timestamp()
                OR until > clock_timestamp() + 2 * $3::bigint * interval '1 millisecond'
                OR renewed <= clock_timestamp() - $4::bigint * interval '1 millisecond')
            RETURNING slot)
        SELECT former.holder, former.silence, EXISTS (SELECT FROM granted) AS is_granted FROM former
        """)

    /// A server that crashed may have forgotten the holder, since nobody waits for the disk.
    static let renew = PostgresQuery(
        "renew_lease",
        """
        WITH former AS MATERIALIZED (\(reading)),
        granted AS (
            UPDATE lease SET holder = $2, renewed = clock_timestamp(), until = clock_timestamp() + $3::bigint * interval '1 millisecond'
            WHERE slot = $1::integer AND (holder IS NULL OR holder = $2)
            RETURNING slot)
        SELECT former.holder, former.silence, EXISTS (SELECT FROM granted) AS is_granted FROM former
        """)

    static let release = PostgresQuery(
        "release_lease", "UPDATE lease SET holder = NULL, renewed = NULL, until = NULL WHERE slot = $1::integer AND holder = $2")

    /// Makes the row again that somebody has deleted. It may let a second holder in, as a crash of the server may; only the term is a
    /// promise.
    static let mend = PostgresQuery.once("mend_lease", "INSERT INTO lease (slot) VALUES ($1::integer) ON CONFLICT (slot) DO NOTHING")

    private static let reading = """
        SELECT holder, (1000 * extract(epoch FROM clock_timestamp() - renewed))::bigint AS silence FROM lease WHERE slot = $1::integer
        """
}
