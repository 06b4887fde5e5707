/// One process to run under a ``Supervisor``.
package struct ChildProcess: Sendable {
    /// Names the process in events, logs and files.
    package let name: String
    /// The absolute path of its program.
    package let executable: String
    package let arguments: [String]
    package let environment: Environment
    /// Its working directory; nil: this process's own.
    package let workingDirectory: String?
    /// The file to which its standard output and error are appended.
    package let log: String
    package let readiness: Readiness
    /// How long it may take until it is ready; past that it is ended and counts as failed.
    package var readyWithin: Duration
    /// Whether it still serves, once it was ready; nil: as long as it runs.
    package var liveness: Liveness?
    /// The signal that asks it to end.
    package var stopSignal = StopSignal.terminate
    /// How long it may take to end after that; past it, its process group gets SIGKILL.
    package var stopWithin: Duration
    /// How many runs it has to become ready, where the ones before exited. One that hangs or cannot be started has no other.
    package var startAttempts = 1
    /// Whether a stop kills its process group at once while it is not ready yet.
    package var isKilledWhileStarting = false
    /// The signal that it gets when the supervising process dies without having stopped it.
    package var whenOrphaned: Orphaned
    /// Done before each of its starts; where it throws, there is no start.
    package var beforeStart: @Sendable () throws -> Void = {}

    /// How to see that a process runs and does not serve any more. It is ended then, and started anew.
    package struct Liveness: Sendable {
        /// For how long the probe says no before the process is ended.
        package let within: Duration
        /// Asked again and again; it must answer within a second or two.
        package let probe: @Sendable () async -> Bool

        package init(within: Duration, probe: @escaping @Sendable () async -> Bool) {
            self.within = within
            self.probe = probe
        }
    }

    package enum Environment: Sendable {
        /// This process's environment, with these variables set.
        case inherited([String: String])
        /// These variables and no others.
        case exactly([String: String])
    }

    /// The signal that asks a process to end in order.
    package enum StopSignal: Sendable {
        /// SIGTERM, which most heed.
        case terminate
        /// SIGINT, which PostgreSQL heeds at once: with SIGTERM it waits until all its clients are gone.
        case interrupt
    }

    /// The signal that an orphan gets, if the kernel can send it (Linux).
    package enum Orphaned: String, Sendable {
        /// SIGTERM: it ends in order, though nobody waits for it.
        case terminated = "TERM"
        /// SIGKILL.
        case killed = "KILL"
    }

    package init(
        name: String,
        executable: String,
        arguments: [String] = [],
        environment: Environment = .inherited([:]),
        workingDirectory: String? = nil,
        log: String,
        readiness: Readiness = .started,
        readyWithin: Duration = .seconds(60),
        stopWithin: Duration = .seconds(20),
        whenOrphaned: Orphaned = .killed
    ) {
        self.name = name
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.log = log
        self.readiness = readiness
        self.readyWithin = readyWithin
        self.stopWithin = stopWithin
        self.whenOrphaned = whenOrphaned
    }
}
