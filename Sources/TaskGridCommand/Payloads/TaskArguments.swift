import AMQP
import ArgumentParser
import TaskGridClient
import TaskGridCore

/// How tasks are to be treated.
struct TaskArguments: ParsableArguments {
    @Option(help: "0 to 9; higher goes first.")
    var priority = 0

    @Option(help: ArgumentHelp("How long to wait before it is handed out, such as 30s.", valueName: "time"), transform: Arguments.time)
    var delay: Duration?

    @Option(help: ArgumentHelp("How long after now it expires if it has not begun.", valueName: "time"), transform: Arguments.time)
    var expires: Duration?

    @Option(
        help: ArgumentHelp(
            "The number of attempts; the dispatcher's default is \(RetryPolicy().maxAttempts), unless its configuration says otherwise.",
            valueName: "count"))
    var maxAttempts: Int?

    @Option(
        help: ArgumentHelp(
            """
            How long it waits after a failed attempt: 5s is the first wait, which doubles; 1s:1h has the longest one too; or constant:30s, \
            linear:10s:10m.
            """,
            valueName: "backoff"), transform: Arguments.backoff)
    var backoff: Backoff?

    @Option(help: ArgumentHelp("How long one attempt may run, such as 10s.", valueName: "time"), transform: Arguments.time)
    var timeout: Duration?

    @Option(
        help: ArgumentHelp(
            """
            How long the command may take; by default a submission may take \(DurationText.write(TaskOptions().deadline)), and the end of a \
            task as long as it takes.
            """, valueName: "time"),
        transform: Arguments.time)
    var within: Duration?

    var settings: TaskSettings {
        TaskSettings(maxAttempts: maxAttempts, backoff: backoff, timeout: timeout, priority: priority, delay: delay, expiry: expires)
    }

    func options(key: String? = nil) -> TaskOptions { TaskOptions(settings, key: key, deadline: within ?? TaskOptions().deadline) }

    func validate() throws {
        if let fault = settings.fault { throw ValidationError(fault) }
    }
}
