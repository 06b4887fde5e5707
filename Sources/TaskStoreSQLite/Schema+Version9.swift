/// Bulk actions, which go on after the dispatcher has died.
extension Schema {
    static let version9 = """
        CREATE TABLE bulk_action (
            id TEXT PRIMARY KEY,
            started INTEGER NOT NULL,
            has_ended INTEGER NOT NULL,
            action BLOB NOT NULL                   -- JSON
        ) STRICT, WITHOUT ROWID;
        """
}
