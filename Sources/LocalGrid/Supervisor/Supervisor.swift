package import AMQP
import Foundation
import TaskGridCore

/// Runs child processes: starts them stage by stage, starts anew what dies, and stops them in the reverse order.
///
/// A process that ends or hangs before it was ever ready fails the start, because it will hardly do better the second time;
/// unless its ``ChildProcess/startAttempts`` say otherwise. After that it is started anew for ever, with a backoff that begins afresh when it has run well for a while.
package struct Supervisor: Sendable {
    /// Processes that start together. A stage starts when all of the one before are ready, and stops before it.
    package let stages: [[ChildProcess]]
    /// The waits between the ends of a process and its next start.
    package var backoff = Backoff(base: .milliseconds(250), ceiling: .seconds(15))
    /// A process that has run this long has run well.
    package var steadyAfter: Duration = .seconds(30)
    /// Those that run now.
    package let processes: RunningProcesses

    private let onEvent: @Sendable (ProcessEvent) -> Void

    /// Starts the stages one after another. `onEvent` is called from any task with all that happens; it must return quickly.
    package init(
        stages: [[ChildProcess]], processes: RunningProcesses = RunningProcesses(), onEvent: @escaping @Sendable (ProcessEvent) -> Void
    ) {
        self.processes = processes
        self.stages = stages.filter { !$0.isEmpty }
        self.onEvent = onEvent
    }

    /// Runs until the task is cancelled, then stops everything in order and returns.
    ///
    /// - Parameter whenReady: called once, when every process is ready.
    /// - Throws: `LocalGridError` when a process fails to become ready, or what `whenReady` throws; everything is stopped then.
    package func run(whenReady: @escaping @Sendable () throws(LocalGridError) -> Void = {}) async throws(LocalGridError) {
        guard !Task.isCancelled else { return }
        let (firsts, report) = AsyncStream.makeStream(
            of: First.self,
            bufferingPolicy: .bufferingOldest(stages.reduce(0) { $0 + $1.count })
        )
        // Unstructured, because cancellation must not reach all the children at once: it ends the stream, on which the innermost
        // stage waits, and each stage stops once those after it have.
        let work = Task { await run(stages[...], firsts: firsts, report: report, whenReady: whenReady) }
        let result = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            report.finish()
        }
        try result.get()
    }

    /// How the first run of a child went: nil when it became ready.
    private typealias First = LocalGridError?

    private func run(
        _ stages: ArraySlice<[ChildProcess]>, firsts: AsyncStream<First>, report: AsyncStream<First>.Continuation,
        whenReady: @escaping @Sendable () throws(LocalGridError) -> Void
    ) async -> Result<Void, LocalGridError> {
        var iterator = firsts.makeAsyncIterator()
        guard let stage = stages.first else {
            do throws(LocalGridError) { try whenReady() } catch { return .failure(error) }
            // All have reported, so what comes is the end.
            while await iterator.next() != nil {}
            return .success(())
        }
        return await withTaskGroup(of: Void.self) { group in
            for child in stage { group.addTask { await supervise(child, report) } }
            defer { group.cancelAll() }
            for _ in stage {
                // The end of the stream is the wish to stop.
                guard let first = await iterator.next() else { return .success(()) }
                if let error = first { return .failure(error) }
            }
            return await run(stages.dropFirst(), firsts: firsts, report: report, whenReady: whenReady)
        }
    }

    private func supervise(_ child: ChildProcess, _ report: AsyncStream<First>.Continuation) async {
        var attempt = 0
        var wasReady = false
        while !Task.isCancelled {
            tell(child, .starting)
            let began = ContinuousClock.now
            let ending = await ChildRun(child: child).run(processes) { duration in
                tell(child, .ready(after: duration))
                if !wasReady { report.yield(nil) }
                wasReady = true
            }
            if Task.isCancelled { return tell(child, .stopped(ending)) }
            tell(child, .ended(ending))
            attempt = began.duration(to: .now) >= steadyAfter && wasReady ? 1 : attempt + 1
            guard wasReady || (ending.isExit && attempt < child.startAttempts) else {
                report.yield(LocalGridError(.startFailed, Self.failure(of: child, ending)))
                return
            }
            let delay = backoff.delay(before: attempt)
            tell(child, .restarting(attempt: attempt, after: delay))
            // Cancelled while waiting: the loop ends.
            try? await Task.sleep(for: delay)
        }
    }

    private func tell(_ child: ChildProcess, _ what: ProcessEvent.What) {
        onEvent(ProcessEvent(process: child.name, what: what))
    }

    private static func failure(of child: ChildProcess, _ ending: ProcessEvent.Ending) -> String {
        let tail = LogFile.tail(child.log)
        let isFull = FreeSpace.isShort(at: (child.log as NSString).deletingLastPathComponent)
        let summary = "\(child.name) \(ending) before it was ready\(isFull ? ", and the disk is full" : ""); see \(child.log)"
        return tail.isEmpty ? summary : "\(summary), which ends:\n\(tail)"
    }
}
