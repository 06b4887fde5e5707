/// Keeps who submitted a task. Each user has keys of its own; those that an earlier version accepted hold for everybody, because nobody
/// knows whose they were.
extension Schema {
    static let version11 = """
        CREATE TABLE owned_submission (
            first INTEGER PRIMARY KEY,
            count INTEGER NOT NULL,
            user TEXT NOT NULL,
            key TEXT NOT NULL,
            client TEXT,
            correlation TEXT,
            form INTEGER NOT NULL,
            created INTEGER NOT NULL,
            type TEXT,
            fingerprint BLOB,
            UNIQUE (user, key)
        ) STRICT;
        INSERT INTO owned_submission (first, count, user, key, client, correlation, form, created, type, fingerprint)
            SELECT first, count, '', key, client, correlation, form, created, type, fingerprint FROM submission;
        DROP TABLE submission;
        ALTER TABLE owned_submission RENAME TO submission;
        """
}
