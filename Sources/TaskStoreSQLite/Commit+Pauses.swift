import GRDB
import TaskGridCore
import TaskStore

extension Commit {
    func pause(_ pauses: [Pausing]) throws {
        let update = try BoundStatement(database, "UPDATE type SET paused = :paused WHERE name = :name")
        for pausing in pauses {
            try update.bind(pausing.isPaused ? 1 : 0, to: ":paused")
            try update.bind(pausing.type.name, to: ":name")
            try update.run()
        }
    }
}
