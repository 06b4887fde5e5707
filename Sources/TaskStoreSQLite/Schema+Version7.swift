/// Finds scheduled tasks in the order of their ids, in which they are listed.
extension Schema {
    static let version7 = "CREATE INDEX open_scheduled ON open (type, id) WHERE attempt IS NOT NULL AND due IS NOT NULL"
}
