import Logging
import ServiceSupport
import TaskGridCore

/// Types of which no worker lives though tasks of theirs are handed out.
extension Scheduler {
    /// How long a type may be without a worker before what is handed out of it goes back: a worker that starts anew comes sooner,
    /// and after a start of the dispatcher every worker has had the time to say that it is there.
    static let unattendedGrace = Duration.seconds(5)
    /// How many tasks of a type go back in one look.
    private static let givenBackAtOnce = 10_000

    /// Without a worker there is no window: what waits in the work queue waits in the store again.
    func planUnattended(in turn: inout Turn) async {
        for typeQueue in typeQueues.withTasksHandedOut() {
            guard let since = typeQueue.unattended, since + Self.unattendedGrace <= turn.moment, !typeQueue.handed.isEmpty else { continue }
            let queued = typeQueue.handed.lazy.filter { !self.workers.holds($0.value) && !self.interruptions.isDeferred($0.key) }
                .prefix(Self.givenBackAtOnce).map { ($0.key, $0.value.machine.attempt) }
            let tasks = Array(queued)
            guard !tasks.isEmpty else { continue }
            // First, so that no worker finds both the old message and a new one.
            guard await purge(typeQueue.type) else { continue }
            for (id, attempt) in tasks { apply(.givenBack(attempt: attempt), to: id, of: typeQueue, in: &turn) }
            logger.notice(
                "type without workers, its queued tasks wait in the store",
                metadata: [LogKey.taskType: "\(typeQueue.type)", LogKey.taskCount: "\(tasks.count)"]
            )
        }
    }
}
