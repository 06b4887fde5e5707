/// Keeps a task's own backoff, as text; NULL: it has none.
extension Schema {
    static let version8 = "ALTER TABLE task ADD COLUMN backoff TEXT"
}
