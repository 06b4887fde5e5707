import Chaos
import Foundation
import LocalGrid
import Logging
import ServiceSupport
import Synchronization
import TaskGridConfiguration

/// Shows a chaos run while it lasts: a bar with the latest fault on a terminal, else a log line for each fault.
final class ChaosShow: Sendable {
    private struct State {
        var ended = 0
        var elapsed = Duration.zero
        var isWaiting = false
    }

    private let duration: Duration
    private let logger: Logger
    private let bar: ProgressBar?
    private let state = Mutex(State())

    init(duration: Duration, logger: Logger) {
        self.duration = duration
        self.logger = logger
        bar = Terminal.isTerminal(STDERR_FILENO) ? ProgressBar("ended") : nil
    }

    func start(_ configuration: ChaosConfiguration) {
        Terminal.tell("seed \(configuration.seed)\n")
        say("starting the grid", [LogKey.folder: "\(configuration.folder.path)"])
    }

    /// The faults are to end.
    func end() { say("no more faults; a second signal stops at once") }

    func clear() { bar?.clear() }

    func tell(_ event: Chaos.Event) {
        switch event {
        case .process(let event): log(event)
        case .began: say("load and faults begin")
        case .fault(let injection, let role, nil):
            if let bar {
                bar.note(injection.words(role))
            } else {
                logger.notice("fault injected", metadata: [LogKey.fault: "\(injection.words(role))"])
            }
        case .fault(let injection, _, let problem?):
            logger.info("fault left out", metadata: [LogKey.fault: "\(injection.words)", LogKey.reason: "\(problem)"])
        case .faultsEnded:
            state.withLock { $0.isWaiting = true }
            say("no more faults, waiting for all tasks to end")
        case .progress(let progress): show(progress)
        case .stopping: say("stopping the grid")
        }
    }

    private func say(_ text: StaticString, _ metadata: Logger.Metadata = [:]) {
        if let bar { bar.note("\(text)") } else { logger.notice("\(text)", metadata: metadata) }
    }

    private func show(_ progress: Chaos.Progress) {
        guard let bar else { return }
        let ended = progress.submitted - progress.underWay
        let (count, share, isWaiting) = state.withLock { state in
            defer { (state.ended, state.elapsed) = (ended, progress.elapsed) }
            return (ended - state.ended, (progress.elapsed - state.elapsed) / duration, state.isWaiting)
        }
        bar.advance(by: count, share: share)
        if isWaiting { bar.note("no more faults, \(Terminal.grouped(progress.underWay)) tasks under way") }
    }

    private func log(_ event: ProcessEvent) {
        let process = Logger.MetadataValue.string(event.process)
        switch event.what {
        case .ready(let time): logger.info("process ready", metadata: [LogKey.process: process, LogKey.processTime: "\(time)"])
        case .ended(let ending): logger.info("process ended", metadata: [LogKey.process: process, LogKey.processEnding: "\(ending)"])
        case .starting, .restarting, .stopped:
            logger.debug("process event", metadata: [LogKey.process: process, LogKey.processEvent: "\(event.what)"])
        }
    }
}
