import GRDB
import TaskGridCore
import TaskStore

extension TaskCounters<Int64> {
    func write(to database: Database) throws {
        guard !additions.isEmpty else { return }
        let update = try BoundStatement(database, CounterColumn.updateSQL)
        for (type, counts) in additions {
            try update.bind(counts.submitted, to: CounterColumn.submitted)
            try update.bind(counts.succeeded, to: CounterColumn.succeeded)
            try update.bind(counts.failed, to: CounterColumn.failed)
            try update.bind(counts.cancelled, to: CounterColumn.cancelled)
            try update.bind(counts.expired, to: CounterColumn.expired)
            try update.bind(kept(type), to: CounterColumn.kept)
            try update.bind(type, to: CounterColumn.id)
            try update.run()
        }
    }
}
