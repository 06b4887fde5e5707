import AMQP
import TaskGridCore

/// How long a task waits before its next attempt. How many attempts it has is `TaskStateMachine`'s to decide.
extension RetryPolicy {
    /// After an attempt that failed: the task's own backoff, or else the grid's. Retries are numbered from 1.
    func delay(beforeRetry number: Int, of task: HandedTask) -> Duration {
        (task.settings.backoff ?? backoff).delay(before: number)
    }

    /// After a delivery that was lost, by how often that happened to the task: one that is lost again and again may be one whose result
    /// nobody can read.
    static func delay(afterLossOf machine: TaskStateMachine) -> Duration {
        Backoff(base: .milliseconds(100), ceiling: .seconds(60))
            .delay(before: max(1, machine.attempt - machine.failures - machine.interruptions))
    }
}
