import Foundation
import Subprocess
import SystemPackage
import TaskGridConfiguration

/// One run of a child process, from its start to its end.
///
/// The child leads a process group of its own, so that a terminal's Ctrl-C reaches the supervisor alone, which then stops
/// its children in order. It is started through `setpriv --pdeathsig` (util-linux), so that the kernel ends it when the
/// supervisor dies without having done so. The signal is sent when the *thread* that started the child ends;
/// swift-subprocess starts all children from one thread that lives until the process exits.
struct ChildRun {
    let child: ChildProcess

    private static let setpriv = "/usr/bin/setpriv"

    /// Runs the child until it ends; cancellation stops it with its signal and, past its time, SIGKILL. `processes` lists it while it runs.
    func run(_ processes: RunningProcesses = RunningProcesses(), whenReady: (Duration) -> Void) async -> ProcessEvent.Ending {
        defer { processes.ended(child.name) }
        // setpriv would report a missing program in the log only.
        guard access(child.executable, X_OK) == 0 else {
            return .notStarted(reason: "\(child.executable): \(Errno.current)")
        }
        child.readiness.reset()
        LogFile.rotate(child.log)
        do {
            try child.beforeStart()
            let log = try FileDescriptor.open(
                FilePath(child.log),
                .writeOnly,
                options: [.create, .append, .closeOnExec, .noFollow],
                permissions: .ownerReadWrite
            )
            let result = try await Subprocess.run(
                configuration,
                input: .none,
                output: .fileDescriptor(log, closeAfterSpawningProcess: true),
                error: .combinedWithOutput
            ) { execution -> ProcessEvent.Ending? in
                let began = ContinuousClock.now
                let pid = execution.processIdentifier.value
                processes.began(child.name, pid)
                switch await waitUntilReady(pid) {
                case .ready:
                    whenReady(began.duration(to: .now))
                    guard let liveness = child.liveness, await ceasesToServe(pid, liveness) else { return nil }
                    await execution.teardown(using: teardown)
                    return .notServing(for: liveness.within)
                case .ended:
                    return nil
                case .late:
                    await execution.teardown(using: teardown)
                    return .notReady(within: child.readyWithin)
                }
            }
            if let ending = result.closureResult { return ending }
            return switch result.terminationStatus {
            case .exited(let code): .exited(code: code)
            case .signaled(let signal): .signalled(signal)
            }
        } catch {
            return .notStarted(reason: "\(error)")
        }
    }

    private var configuration: Subprocess.Configuration {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = teardown
        var program = child.executable
        var arguments = child.arguments
        if access(Self.setpriv, X_OK) == 0 {
            arguments = ["--pdeathsig", child.whenOrphaned.rawValue, "--", program] + arguments
            program = Self.setpriv
        }
        return Configuration(
            executable: .path(FilePath(program)),
            arguments: Arguments(arguments),
            environment: environment,
            workingDirectory: child.workingDirectory.map { FilePath($0) },
            platformOptions: options
        )
    }

    private var environment: Subprocess.Environment {
        typealias Key = Subprocess.Environment.Key
        return switch child.environment {
        case .inherited(let variables):
            .inherit.updating(Dictionary(uniqueKeysWithValues: variables.map { (Key(stringLiteral: $0.key), $0.value) }))
        case .exactly(let variables):
            .custom(Dictionary(uniqueKeysWithValues: variables.map { (Key(stringLiteral: $0.key), $0.value) }))
        }
    }

    private var teardown: [TeardownStep] {
        [
            .send(signal: child.stopSignal == .interrupt ? .interrupt : .terminate, allowedDurationToNextStep: child.stopWithin),
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(5)),
        ]
    }

    private enum Waited { case ready, ended, late }

    /// Asks again and again, less and less often, until the child is ready, has ended, or its time is up.
    private func waitUntilReady(_ pid: pid_t) async -> Waited {
        let deadline = ContinuousClock.now.advanced(by: child.readyWithin)
        var pause = Duration.milliseconds(5)
        while true {
            if hasEnded(pid) { return .ended }
            if await child.readiness.isReached { return .ready }
            guard ContinuousClock.now < deadline else { return .late }
            // Cancelled: the run is being stopped, and how far it came no longer matters.
            guard (try? await Task.sleep(for: pause)) != nil else {
                if child.isKilledWhileStarting, !hasEnded(pid) { kill(-pid, SIGKILL) }
                return .ended
            }
            pause = min(pause * 2, .milliseconds(200))
        }
    }

    /// Asks every two seconds. False once the child has ended, or is to be stopped.
    private func ceasesToServe(_ pid: pid_t, _ liveness: ChildProcess.Liveness) async -> Bool {
        var served = SuspendingClock.now
        var asked = served
        while (try? await Task.sleep(for: .milliseconds(100))) != nil, !hasEnded(pid) {
            guard asked.duration(to: .now) >= min(.seconds(2), liveness.within) else { continue }
            asked = .now
            if await liveness.probe() {
                served = .now
            } else if served.duration(to: .now) >= liveness.within {
                return true
            }
        }
        return false
    }

    /// Looks without reaping: that is swift-subprocess's part.
    private func hasEnded(_ pid: pid_t) -> Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo != 0
    }
}
