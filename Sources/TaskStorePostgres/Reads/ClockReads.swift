import Foundation
import Postgres
package import TaskGridCore
package import TaskStore

/// Reads of the slot's clock and of bulk actions, and whether the store can be written.
enum ClockReads {
    static let clock = PostgresQuery("clock", "SELECT clock, wall, wall_offset FROM slot WHERE slot = $1::integer")

    static let bulkActions = PostgresQuery(
        "bulk_actions", "SELECT action FROM bulk_action WHERE slot = $1::integer ORDER BY started DESC, id DESC")

    static let check = PostgresQuery(
        "check",
        """
        SELECT pg_is_in_recovery() AS is_in_recovery, (
            SELECT reset_val FROM pg_settings WHERE name = 'default_transaction_read_only'
        ) AS read_only, to_regclass('slot') IS NOT NULL AS has_tables, (
            SELECT has_schema_privilege(oid, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname = $1::text
        ) AS has_usage, (
            SELECT coalesce(max(extract(epoch FROM clock_timestamp() - query_start)), 0)::bigint FROM pg_catalog.pg_stat_activity
            WHERE usename = session_user AND wait_event = 'SyncRep'
        ) AS unconfirmed
        """)

    /// So many seconds a commit may wait for a standby without a word.
    static let mostUnconfirmed: Int64 = 3
}

extension PostgresTaskStore {
    package func clock() async throws(StoreError) -> StoreClockReading? {
        try await call { [readers] in
            let rows = try await readers.run([ClockReads.clock(SlotState.number)])[0]
            guard let clock = try rows.first("clock", Int64.self), clock > 0, let wall = try rows.first("wall", Int64.self) else {
                return nil
            }
            return StoreClockReading(clock: Timestamp(rawValue: clock), wall: Timestamp(rawValue: wall))
        }
    }

    package func alignedOffset() async throws(StoreError) -> Duration {
        try await call { [readers] in
            let rows = try await readers.run([ClockReads.clock(SlotState.number)])[0]
            return .milliseconds(try rows.first("wall_offset", Int64.self) ?? 0)
        }
    }

    package func bulkActions() async throws(StoreError) -> [BulkAction] {
        try await call { [readers] in
            let rows = try await readers.run([ClockReads.bulkActions(SlotState.number)])[0].values("action", Data.self)
            return try rows.map { row in
                do {
                    return try JSON.decode(BulkAction.self, row)
                } catch let error {
                    throw StoreError(.corrupt, "a bulk action cannot be read: \(error)")
                }
            }
        }
    }

    package func check() async throws(StoreError) {
        try await call { [readers, schema] in
            let rows = try await readers.run([ClockReads.check(schema)])[0]
            guard try rows.column("has_usage", Bool.self)[ifPresent: 0] != false else { throw Schema.withoutUsage(schema) }
            guard try rows.first("has_tables", Bool.self) == true else {
                throw StoreError(
                    .missing,
                    "its tables are gone; stop the dispatchers and restore them from a backup: one that is started before begins anew")
            }
            guard try rows.first("is_in_recovery", Bool.self) == false else {
                throw StoreError(.readOnly, "the server is a standby; name all hosts with target_session_attrs=read-write")
            }
            guard try rows.first("read_only", String.self) != "on" else {
                throw StoreError(
                    .readOnly, "default_transaction_read_only is on for the user, the database or the server; set it off")
            }
            let unconfirmed = try rows.first("unconfirmed", Int64.self) ?? 0
            guard unconfirmed <= ClockReads.mostUnconfirmed else {
                throw StoreError(
                    .unavailable,
                    "a commit has waited \(unconfirmed) s for a synchronous standby to confirm it; start that standby, or take it out of "
                        + "synchronous_standby_names (guide \"Several machines\")")
            }
        }
    }
}
