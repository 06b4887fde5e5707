/// Runs the steps of tasks on the thread of a ``PollLoop``, between its polls.
package final class PollLoopTasks: TaskExecutor {
    private let loop: PollLoop

    /// - Parameter loop: the thread.
    package init(_ loop: PollLoop) {
        self.loop = loop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        loop.enqueue(UnownedJob(job), of: self)
    }
}
