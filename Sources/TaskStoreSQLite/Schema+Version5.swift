/// Adds fingerprints of keys, the store's own clock, and absolute times beside those of that clock.
///
/// The clock begins with the latest submission, so that it does not go back behind what an earlier version wrote by the wall clock.
extension Schema {
    static let version5 = """
        ALTER TABLE submission ADD COLUMN type TEXT;           -- its name, which outlives the type; null: accepted by an earlier version
        ALTER TABLE submission ADD COLUMN fingerprint BLOB;    -- the same
        ALTER TABLE open ADD COLUMN due_at INTEGER;            -- by the wall clock, where a person gave an absolute time; then `due`
        ALTER TABLE open ADD COLUMN expires_at INTEGER;        -- and `expires` follow it
        ALTER TABLE store ADD COLUMN clock INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE store ADD COLUMN wall INTEGER NOT NULL DEFAULT 0;         -- what the wall clock showed with it
        ALTER TABLE store ADD COLUMN wall_offset INTEGER NOT NULL DEFAULT 0;  -- wall less clock, when absolute times were aligned
        ALTER TABLE store ADD COLUMN keys INTEGER NOT NULL DEFAULT 0;         -- rows of `submission`
        UPDATE store SET keys = (SELECT count(*) FROM submission),
            clock = coalesce((SELECT created FROM submission ORDER BY first DESC LIMIT 1), 0);
        UPDATE store SET wall = clock;
        """
}
