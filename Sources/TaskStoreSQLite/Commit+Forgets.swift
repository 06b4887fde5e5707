import GRDB
import TaskGridCore

extension Commit {
    /// Forgets a type that has nothing in the store, once everything else is written.
    ///
    /// - Returns: False where it has: tasks, open or ended, keys, or a pause; or where it is not known.
    func forget(_ type: TaskType) throws -> Bool {
        guard let number = try types.number(of: type) else { return false }
        let move = try BoundStatement(
            database,
            """
            UPDATE type SET submitted = type.submitted + gone.submitted, succeeded = type.succeeded + gone.succeeded,
                failed = type.failed + gone.failed, cancelled = type.cancelled + gone.cancelled, expired = type.expired + gone.expired
            FROM (SELECT * FROM type WHERE id = :type AND kept = 0 AND paused = 0) AS gone WHERE type.id = \(Schema.residualType)
            """
        )
        try move.bind(number, to: ":type")
        guard try move.run() > 0 else { return false }
        for sql in ["DELETE FROM type WHERE id = :type", "DELETE FROM cursor WHERE type = :type"] {
            let delete = try BoundStatement(database, sql)
            try delete.bind(number, to: ":type")
            try delete.run()
        }
        types.remove(type)
        return true
    }
}
