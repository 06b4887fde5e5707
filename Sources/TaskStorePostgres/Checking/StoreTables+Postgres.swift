import TaskStore

extension StoreTables {
    static let postgresCounters = """
        SELECT type.id, type.name, coalesce(counter.submitted, 0) AS submitted, coalesce(counter.succeeded, 0) AS succeeded,
            coalesce(counter.failed, 0) AS failed, coalesce(counter.cancelled, 0) AS cancelled, coalesce(counter.expired, 0) AS expired,
            coalesce(counter.kept, 0) AS kept
        FROM type LEFT JOIN counter ON counter.slot = \(SlotState.number) AND counter.type = type.id
        """

    static let postgres = StoreTables(
        counters: postgresCounters,
        slot: """
            SELECT last_task, keys, pruned, pruned_to, epoch, (SELECT last_type FROM grid) AS last_type FROM slot
            WHERE slot = \(SlotState.number)
            """)
}
