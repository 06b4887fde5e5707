import Logging
import Postgres
import ServiceSupport
import TaskStore

/// Whether a commit survives the loss of the server's power, and of the server.
struct Durability {
    /// `confirming` is null where this user may not see the standbys.
    static let find = PostgresQuery(
        "durability",
        """
        SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
            current_setting('synchronous_commit') AS synchronous_commit,
            current_setting('synchronous_standby_names') AS synchronous_standby_names,
            (SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')) AS confirming,
            pg_has_role(current_user, 'pg_read_all_stats', 'usage') AS sees_standbys
        """)

    let fsync, fullPageWrites, synchronousCommit, standbyNames: String
    let confirming: Int64
    let seesStandbys: Bool

    init(_ rows: PostgresRows) throws {
        fsync = try rows.first("fsync", String.self) ?? ""
        fullPageWrites = try rows.first("full_page_writes", String.self) ?? ""
        synchronousCommit = try rows.first("synchronous_commit", String.self) ?? ""
        standbyNames = try rows.first("synchronous_standby_names", String.self) ?? ""
        confirming = try rows.first("confirming", Int64.self) ?? 0
        seesStandbys = try rows.first("sees_standbys", Bool.self) ?? false
    }

    /// What the server's loss of power may cost; nil: nothing.
    var fault: String? {
        if fsync != "on" { return "fsync is \(fsync), so that accepted tasks, or the whole database, are lost with the server's power" }
        if fullPageWrites != "on" {
            return "full_page_writes is \(fullPageWrites), so that the database may be damaged by the loss of the server's power"
        }
        return nil
    }

    /// - Parameter unlogged: the tables that a crash of the server empties, as SQL names them.
    func findings(unlogged: [String]) -> [StoreFinding] {
        var findings: [StoreFinding] = []
        if !unlogged.isEmpty {
            let statements = unlogged.map { "ALTER TABLE \($0) SET LOGGED" }.joined(separator: "; ")
            findings.append(
                .problem(
                    .durability,
                    "\(unlogged.count) table\(unlogged.count == 1 ? " is" : "s are") UNLOGGED, which a crash of the server empties, and "
                        + "which no standby has: \(unlogged.joined(separator: ", "))",
                    advice: "stop the dispatcher, and make them durable: \(statements)"))
        }
        if let fault {
            findings.append(.warning(.durability, fault, advice: "set fsync and full_page_writes to on, and reload the server"))
        } else if unlogged.isEmpty {
            findings.append(.ok(.durability, "a commit survives the loss of the server's power (fsync, full_page_writes)"))
        }
        findings.append(standbys)
        return findings
    }

    /// What the loss of the server's machine may cost though standbys are named; nil: nothing by this.
    var standbyFault: String? {
        guard !standbyNames.isEmpty, !["on", "remote_apply", "remote_write"].contains(synchronousCommit) else { return nil }
        return "commits do not wait for the standbys of '\(standbyNames)' (synchronous_commit = \(synchronousCommit)), "
            + "so that accepted tasks are lost with the server's machine"
    }

    private static let standbyAdvice = "set synchronous_commit = on for the role, the database and the server"

    private var standbys: StoreFinding {
        guard !standbyNames.isEmpty else {
            return .warning(
                .durability, "no standby confirms commits: accepted tasks are lost with the server's machine",
                advice: "where that may not be, set synchronous_standby_names and synchronous_commit = on")
        }
        if let standbyFault { return .warning(.durability, standbyFault, advice: Self.standbyAdvice) }
        guard seesStandbys else {
            return .ok(.durability, "commits wait for standbys ('\(standbyNames)'); this user may not see which ones are there")
        }
        guard confirming > 0 else {
            return .warning(
                .durability, "commits wait for a standby of '\(standbyNames)', and none is connected",
                advice: "start the standby, or take its name out of synchronous_standby_names")
        }
        guard synchronousCommit != "remote_write" else {
            return .warning(
                .durability,
                "standbys confirm commits before their disks have them (synchronous_commit = remote_write): accepted tasks are lost in a "
                    + "failover to a standby whose operating system has crashed, and are not while the server itself survives",
                advice: Self.standbyAdvice)
        }
        let confirm = "\(confirming) standby\(confirming == 1 ? " confirms" : "s confirm") commits"
        return .ok(.durability, "\(confirm) (synchronous_commit = \(synchronousCommit))")
    }

    /// Warns in the log where accepted tasks are lost with the server's power, or with its machine though standbys are named.
    static func warn(_ connection: PostgresConnection, _ logger: Logger) async throws {
        let durability = try Durability(try await connection.run([find()])[0])
        if let fault = durability.fault {
            logger.warning(
                "the database does not keep its commits durable; set fsync and full_page_writes to on",
                metadata: [LogKey.reason: "\(fault)"])
        }
        if let fault = durability.standbyFault {
            logger.warning(
                "the database does not wait for its standbys; set synchronous_commit = on for the role, the database and the server",
                metadata: [LogKey.reason: "\(fault)"])
        }
    }
}
