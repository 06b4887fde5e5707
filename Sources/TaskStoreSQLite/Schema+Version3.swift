/// The terms of the dispatchers that write to the store, one after the other.
extension Schema {
    static let version3 = "ALTER TABLE store ADD COLUMN term INTEGER NOT NULL DEFAULT 0"
}
