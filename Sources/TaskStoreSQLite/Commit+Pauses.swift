import GRDB
import TaskGridCore
import TaskStore

extension Commit {
    func pause(_ pauses: [Pausing]) throws {
        let update = try BoundStatement(database, "UPDATE type SET paused = :paused WHERE name = :name")
        for pausing in pauses {
            try update.bind(pausing.pause?.column ?? 0, to: ":paused")
            try update.bind(pausing.type.name, to: ":name")
            try update.run()
        }
    }
}

extension Pause {
    /// The column `paused` of a pause that has no end. Of another it is the end, and of a type that is not paused 0.
    private static let endless: Int64 = 1

    fileprivate var column: Int64 { until.map { max($0.rawValue, Self.endless + 1) } ?? Self.endless }

    /// The pauses of all types.
    static func all(_ database: Database) throws -> [TaskType: Pause] {
        let types = TypeTable(database)
        let query = try BoundStatement(database, "SELECT id, paused FROM type WHERE paused <> 0")
        var pauses: [TaskType: Pause] = [:]
        while try query.step() {
            let type = try types.type(query.int64("id"))
            let column = try query.int64("paused")
            pauses[type] = Pause(until: column == endless ? nil : Timestamp(rawValue: column))
        }
        return pauses
    }
}
