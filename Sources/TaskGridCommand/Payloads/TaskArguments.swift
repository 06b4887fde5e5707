import AMQP
import ArgumentParser
import TaskGridClient
import TaskGridCore

/// How tasks are to be treated.
struct TaskArguments: ParsableArguments {
    @Option(
        parsing: .unconditional, help: "0 to \(WireFormat.maximumPriority); higher goes first. (default: 0)",
        transform: Arguments.number(0...WireFormat.maximumPriority))
    var priority = 0

    @Option(
        parsing: .unconditional, help: ArgumentHelp("How long to wait before it is handed out, such as 30s.", valueName: "time"),
        transform: Arguments.time)
    var delay: Duration?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("How long after now it expires if it has not begun.", valueName: "time"),
        transform: Arguments.time)
    var expires: Duration?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The number of attempts; the dispatcher's default is \(RetryPolicy().maxAttempts), unless its configuration says otherwise.",
            valueName: "count"),
        transform: Arguments.number(1...TaskSettings.maximumAttempts))
    var maxAttempts: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            How long it waits after a failed attempt: 5s is the first wait, which doubles; 1s:1h has the longest one too; or constant:30s, \
            linear:10s:10m.
            """,
            valueName: "backoff"), transform: Arguments.backoff)
    var backoff: Backoff?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("How long one attempt may run, such as 10s.", valueName: "time"),
        transform: Arguments.time)
    var timeout: Duration?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            How long the command may take; by default a submission may take \(DurationText.write(TaskOptions().deadline)), and the end of a \
            task as long as it takes.
            """, valueName: "time"),
        transform: Arguments.someTime)
    var within: Duration?

    var settings: TaskSettings {
        TaskSettings(maxAttempts: maxAttempts, backoff: backoff, timeout: timeout, priority: priority, delay: delay, expiry: expires)
    }

    func options(key: String? = nil) -> TaskOptions { TaskOptions(settings, key: key, deadline: within ?? TaskOptions().deadline) }

    func validate() throws {
        if let fault = settings.fault { throw ValidationError(fault) }
    }
}
