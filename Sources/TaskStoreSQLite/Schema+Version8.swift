/// Keeps a task's own backoff, as text; NULL: it has none. Calls ranges of open tasks, and deferred ones, what they are.
extension Schema {
    static let version8 = """
        ALTER TABLE task ADD COLUMN backoff TEXT;
        ALTER TABLE stretch RENAME TO open_range;
        DROP INDEX open_aside;
        CREATE INDEX open_deferred ON open (type, due, id) WHERE attempt IS NOT NULL;
        """
}
