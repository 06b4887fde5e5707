import Postgres

/// A table of a store's schema, or a partition of one, as PostgreSQL's catalog has it.
struct CatalogTable {
    static let find = PostgresQuery.once(
        "inspect_tables",
        """
        SELECT relname::text AS name, pg_get_expr(relpartbound, oid) AS bounds, relpersistence = 'u' AS is_unlogged, coalesce((
            SELECT string_agg(columns, ';') FROM (
                SELECT (SELECT string_agg(pg_get_indexdef(indexrelid, place, true), ', ' ORDER BY place)
                    FROM generate_series(1, indnkeyatts) AS place) AS columns
                FROM pg_catalog.pg_index
                WHERE indrelid = pg_class.oid AND indisunique AND indisvalid AND indimmediate AND indpred IS NULL
            ) AS keys
        ), '') AS keys, array_to_string(ARRAY(
            SELECT kind FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS kind WHERE NOT has_table_privilege(oid, kind)
        ), ';') AS lacking, pg_has_role(relowner, 'USAGE') AS is_owned
        FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p') AND (
            relnamespace = (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid = 'task'::regclass)
            OR oid IN (SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent IN (\(partitioned)))
        ) ORDER BY relname COLLATE "C"
        """)

    private static let partitioned = (["submission"] + Block.tables.map(\.0)).map { "'\($0)'::regclass" }.joined(separator: ", ")

    let name: String
    /// Which rows it has, as SQL says it without quotes; nil: it is attached to no table.
    let bounds: String?
    /// A crash of the server empties it.
    var isUnlogged = false
    /// The columns of each unique index that holds for all rows.
    var keys: Set<Substring> = []
    /// The rights that the user lacks.
    var lacking: Set<Substring> = []
    /// Whether the user may change what it is.
    var isOwned = true

    static func all(_ rows: PostgresRows) throws -> [CatalogTable] {
        let (names, bounds) = (try rows.column("name", String.self), try rows.column("bounds", String.self))
        let (unlogged, owned) = (try rows.column("is_unlogged", Bool.self), try rows.column("is_owned", Bool.self))
        let (keys, lacking) = (try rows.column("keys", String.self), try rows.column("lacking", String.self))
        return try rows.indices.map { row in
            CatalogTable(
                name: try names[row], bounds: try bounds[ifPresent: row]?.replacing("'", with: "").uppercased(),
                isUnlogged: try unlogged[row], keys: Set(try keys[row].split(separator: ";")),
                lacking: Set(try lacking[row].split(separator: ";")), isOwned: try owned[row])
        }
    }
}
