/// Remembers that the record is being moved to another store, or was: see ``MoveMark``.
extension Schema {
    static let version12 = """
        CREATE TABLE move (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            copy TEXT NOT NULL,                    -- a UUID, which the other store has too
            destination TEXT NOT NULL,             -- the other store's URL, without a password
            schema TEXT NOT NULL,
            started INTEGER NOT NULL,              -- by the wall clock
            finished INTEGER                       -- the same; null: it is being copied
        ) STRICT;
        """
}
