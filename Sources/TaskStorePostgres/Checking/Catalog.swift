import Postgres
import TaskStore

/// What PostgreSQL's catalog says of the tables and of the user, beside the bounds of partitions: their keys, whether a crash of the server
/// empties them, and the rights that a dispatcher needs.
struct Catalog {
    static let findUser = PostgresQuery.once(
        "inspect_user",
        """
        SELECT quote_ident(current_user)::text AS name, has_schema_privilege($1::text, 'CREATE') AS may_create,
            (SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'default_transaction_read_only') AS read_only
        """)

    /// The keys of each table, which its primary key and unique constraints keep. The index of a table is valid only while all of its
    /// partitions have theirs. A dispatcher also inserts, updates and deletes as told.
    private static let needs: [(table: String, keys: [Substring], rights: Set<Substring>)] = [
        ("attempt", ["task, number"], ["SELECT", "INSERT", "UPDATE", "DELETE"]),
        ("block", ["number"], ["SELECT", "INSERT", "DELETE"]),
        ("bulk_action", ["slot, id"], ["SELECT", "INSERT", "UPDATE", "DELETE"]),
        ("counter", ["slot, type"], ["SELECT", "INSERT", "UPDATE", "DELETE"]),
        ("cursor", ["slot, type, priority"], ["SELECT", "INSERT", "UPDATE", "DELETE"]),
        ("ending", ["id"], ["SELECT", "INSERT", "DELETE"]),
        ("grid", [], ["SELECT", "UPDATE"]),
        ("lease", ["slot"], ["SELECT", "INSERT", "UPDATE"]),
        ("open", ["id"], ["SELECT", "INSERT", "UPDATE", "DELETE"]),
        ("open_range", ["type, priority, first"], ["SELECT", "INSERT", "UPDATE", "DELETE"]),
        ("slot", ["slot"], ["SELECT", "UPDATE"]),
        ("submission", ["key, \"user\""], ["SELECT", "INSERT", "UPDATE", "DELETE"]),
        ("task", ["id"], ["SELECT", "INSERT", "DELETE"]),
        ("type", ["id", "name"], ["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ]

    private let tables: [CatalogTable]
    /// The user, as SQL names it.
    private let user: String
    /// Whether the user may make tables in the schema, as each new block needs.
    private let mayCreate: Bool
    /// Transactions of the user may write nothing unless they say so.
    private let isReadOnly: Bool
    /// The PostgreSQL schema, as SQL names it.
    private let schema: String

    init(_ tables: [CatalogTable], user rows: PostgresRows, schema: String) throws {
        self.tables = tables
        self.schema = Schema.quoted(schema)
        user = try rows.first("name", String.self) ?? ""
        mayCreate = try rows.first("may_create", Bool.self) ?? true
        isReadOnly = try rows.first("read_only", String.self) == "on"
    }

    var findings: [StoreFinding] { keys + rights + readOnly }

    /// The tables that a crash of the server empties.
    var unlogged: [String] { tables.filter(\.isUnlogged).map { "\(schema).\($0.name)" } }

    private var keys: [StoreFinding] {
        Self.needs.flatMap { need -> [StoreFinding] in
            guard let table = tables.first(where: { $0.name == need.table }) else { return [] }
            return need.keys.filter { !table.keys.contains($0) }.map { key in
                let kind = key == need.keys[0] ? "PRIMARY KEY" : "UNIQUE"
                return .problem(
                    .rows, "the table `\(table.name)` has no valid \(kind) (\(key)), without which a dispatcher cannot write it",
                    advice: "stop the dispatcher, and make it: ALTER TABLE \(schema).\(table.name) ADD \(kind) (\(key)); "
                        + "if two rows have the same key, keep a copy of the store for a report, and remove the wrong one first")
            }
        }
    }

    private var rights: [StoreFinding] {
        var (lacking, statements): ([String], [String]) = ([], [])
        for need in Self.needs {
            guard let table = tables.first(where: { $0.name == need.table }) else { continue }
            let rights = need.rights.intersection(table.lacking).sorted().joined(separator: ", ")
            if !rights.isEmpty {
                lacking.append("\(rights) on \(table.name)")
                statements.append("GRANT \(rights) ON \(schema).\(table.name) TO \(user)")
            }
            if !table.isOwned, Block.tables.contains(where: { $0.0 == table.name }) {
                lacking.append("the ownership of \(table.name)")
                statements.append("ALTER TABLE \(schema).\(table.name) OWNER TO \(user)")
            }
        }
        if !mayCreate {
            lacking.append("CREATE on the schema")
            statements.append("GRANT CREATE ON SCHEMA \(schema) TO \(user)")
        }
        guard !lacking.isEmpty else { return [] }
        return [
            .warning(
                .rows, "the user \(user) lacks rights that a dispatcher needs: \(lacking.joined(separator: ", "))",
                advice: "if it is the dispatcher's, give it them: \(statements.joined(separator: "; "))")
        ]
    }

    private var readOnly: [StoreFinding] {
        guard isReadOnly else { return [] }
        return [
            .warning(
                .rows, "default_transaction_read_only is on for the user \(user), the database or the server: a dispatcher cannot write",
                advice: "set it off")
        ]
    }
}
