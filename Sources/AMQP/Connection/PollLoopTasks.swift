/// Runs the steps of tasks on the thread of a ``PollLoop``, between its polls.
final class PollLoopTasks: TaskExecutor {
    private let loop: PollLoop

    init(_ loop: PollLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        loop.enqueue(UnownedJob(job), of: self)
    }
}
