/// Types can be forgotten: their counters move to the residual row, whose number is 0 and which has no name.
extension Schema {
    static let version6 = """
        ALTER TABLE store ADD COLUMN last_type INTEGER NOT NULL DEFAULT 0;  -- the highest number ever given to a type
        UPDATE store SET last_type = (SELECT coalesce(max(id), 0) FROM type);
        INSERT INTO type (id, name) VALUES (\(residualType), '');

        ALTER TABLE type ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;        -- its rows in `task`, and in `submission` where that has a type
        UPDATE type SET kept = tasks.count
            FROM (SELECT type, count(*) AS count FROM task GROUP BY type) AS tasks WHERE tasks.type = type.id;
        """

    /// The number of the row of `type` that has the counters of the types that were forgotten.
    static let residualType = 0
}
