import Foundation
import Postgres
import TaskGridCore
import TaskStore

/// The rows that every store has exactly once: those of the grid, of its slot and of the slot's lease.
struct FixedRows {
    static let find = PostgresQuery.once(
        "inspect_fixed_rows",
        """
        SELECT (SELECT count(*) FROM lease WHERE lease.slot = own.number) AS leases,
            slot.slot IS NOT NULL AS has_slot, coalesce(slot.last_task, 0) AS last_task, coalesce(slot.identity, '') AS identity,
            coalesce(octet_length(slot.secret), 0) AS secret, coalesce(slot.keys_of_all, 0) AS keys_of_all,
            (coalesce(greatest(slot.clock, 0), 0) - (1000 * extract(epoch FROM clock_timestamp()))::bigint) / 3600000 AS ahead,
            keys.without_user, keys.without_type,
            coalesce((SELECT string_agg(number::text, ', ' ORDER BY number) FROM (
                SELECT slot AS number FROM slot UNION SELECT slot FROM lease UNION SELECT slot FROM counter UNION SELECT slot FROM cursor
                UNION SELECT slot FROM bulk_action
            ) AS noted WHERE noted.number <> own.number), '') AS others
        FROM (SELECT $1::integer AS number) AS own LEFT JOIN slot ON slot.slot = own.number CROSS JOIN (
            SELECT count(*) AS without_user, count(*) FILTER (WHERE type = '') AS without_type FROM submission WHERE "user" = ''
        ) AS keys
        """)

    /// So many hours a wall clock may be wrong without a word.
    private static let mostHours: Int64 = 1

    private let leases, secret, ahead, keysOfAll, withoutUser, withoutType: Int64
    private let identity, others: String
    /// The PostgreSQL schema, as SQL names it.
    private let schema: String
    let hasSlot: Bool
    let lastTask: Int64

    init(_ rows: PostgresRows, schema: String) throws {
        self.schema = Schema.quoted(schema)
        leases = try rows.first("leases", Int64.self) ?? 0
        hasSlot = try rows.first("has_slot", Bool.self) ?? false
        lastTask = try rows.first("last_task", Int64.self) ?? 0
        identity = try rows.first("identity", String.self) ?? ""
        secret = Int64(try rows.first("secret", Int32.self) ?? 0)
        ahead = try rows.first("ahead", Int64.self) ?? 0
        keysOfAll = try rows.first("keys_of_all", Int64.self) ?? 0
        withoutUser = try rows.first("without_user", Int64.self) ?? 0
        withoutType = try rows.first("without_type", Int64.self) ?? 0
        others = try rows.first("others", String.self) ?? ""
    }

    /// What is wrong with the row of the grid, without which nothing else can be read.
    static func finding(grids: Int) -> StoreFinding? {
        guard grids != 1 else { return nil }
        return .problem(
            .rows, grids == 0 ? StoreError.missingVersion.message : "the table `grid` has \(grids) rows, and must have one", advice: restore
        )
    }

    private static let restore =
        "stop the dispatcher, keep a copy of the store for a report, and go on from a backup (Operating.md, 'Backup and restore')"

    var findings: [StoreFinding] {
        guard hasSlot else {
            return [
                .problem(.rows, "the table `slot` has no row of slot \(SlotState.number), which has all counters", advice: Self.restore)
            ]
        }
        return [slots, lease].compactMap { $0 } + proofs + [clock, keys].compactMap { $0 }
    }

    private var slots: StoreFinding? {
        guard !others.isEmpty else { return nil }
        return .problem(
            .rows, "there are rows of the slots \(others), and this program serves slot \(SlotState.number) alone",
            advice: "if a newer program has made them, use that program; else delete them from `slot`, `lease`, `counter`, `cursor` and "
                + "`bulk_action`")
    }

    private var lease: StoreFinding? {
        guard leases == 0 else { return nil }
        return .warning(
            .rows, "the table `lease` has no row of slot \(SlotState.number)",
            advice: "a dispatcher makes it again when it asks for the lease")
    }

    /// The identity and the secret, from which the proofs of work are made.
    private var proofs: [StoreFinding] {
        var findings: [StoreFinding] = []
        let outcome = "results of work that was handed out before are refused, and their tasks run again"
        if UUID(uuidString: identity) == nil {
            findings.append(
                .problem(
                    .rows, "the identity of the store is '\(identity)', and must be a UUID",
                    advice: "stop the dispatcher, and give it one: UPDATE \(schema).slot SET identity = gen_random_uuid(); \(outcome)"))
        }
        if secret < ProofKey.secretSize {
            findings.append(
                .problem(
                    .rows,
                    "the secret of the proofs of work has \(secret) bytes, and must have \(ProofKey.secretSize): others may guess it",
                    advice: "stop the dispatcher, and give it one: UPDATE \(schema).slot SET secret = "
                        + "sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')); \(outcome)"))
        }
        return findings
    }

    private var clock: StoreFinding? {
        guard ahead >= Self.mostHours else { return nil }
        return .warning(
            .rows, "the store's clock is \(ahead) hours ahead of the server's: tasks expire and are forgotten too early",
            advice: "if no dispatcher has gone on from it yet, stop all of them and set it: UPDATE \(schema).slot SET clock = "
                + "(1000 * extract(epoch FROM now()))::bigint; else it goes on from there")
    }

    /// Rows without a user may also be new. Those without a type are not.
    private var keys: StoreFinding? {
        guard keysOfAll > withoutUser || keysOfAll < withoutType else { return nil }
        return .problem(
            .keys, "\(withoutUser) idempotency keys hold for every user, but \(keysOfAll) are counted",
            advice:
                "stop the dispatcher, which may accept such a key twice, and set it: UPDATE \(schema).slot SET keys_of_all = \(withoutUser)"
        )
    }
}
