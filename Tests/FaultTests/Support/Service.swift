import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import LocalGrid

/// A process of a test's grid: started, killed, and started again when it dies, as a supervisor would do.
final class Service: Sendable {
    enum What: Equatable, Sendable {
        case ready(pid_t)
        case ended(ProcessEvent.Ending)
    }

    struct Event: Sendable {
        let what: What
        let at: ContinuousClock.Instant
    }

    let name: String
    let events = Journal<Event>()
    private let first: ChildProcess
    private let later: ChildProcess
    private let restarts: Mutex<Bool>
    private let pidFile: String

    /// - Parameters:
    ///   - first: what its first start runs, perhaps with a failpoint.
    ///   - later: what each later one runs.
    ///   - pidFile: where its process id stands once it is ready.
    init(first: ChildProcess, later: ChildProcess, pidFile: String, restarts: Bool) {
        name = later.name
        self.first = first
        self.later = later
        self.pidFile = pidFile
        self.restarts = Mutex(restarts)
    }

    /// Runs it until it ends for good, which is by itself or as it was told, or the task is cancelled, which stops it.
    func run() async {
        var child = first
        while !Task.isCancelled {
            let ending = await ChildRun(child: child).run { _ in note(.ready(pid)) }
            note(.ended(ending))
            guard case .signalled = ending, restarts.withLock({ $0 }) else { return }
            child = later
        }
    }

    /// Runs each that comes, until the task is cancelled.
    static func run(_ services: AsyncStream<Service>) async {
        await withDiscardingTaskGroup { group in
            for await service in services { group.addTask { await service.run() } }
            group.cancelAll()
        }
    }

    private func note(_ what: What) { events.add(Event(what: what, at: .now)) }

    /// The process that is ready now, or was last.
    private var pid: pid_t {
        let text = (try? String(contentsOfFile: pidFile, encoding: .utf8)) ?? ""
        return pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    // MARK: Waiting

    /// How often it has ended.
    var endings: [ProcessEvent.Ending] {
        events.entries.compactMap { if case .ended(let ending) = $0.what { ending } else { nil } }
    }

    /// Waits until it was ready for the `count`th time.
    @discardableResult
    func ready(_ count: Int = 1) async throws -> pid_t {
        try await nth(count) { event in
            if case .ready(let pid) = event.what { pid } else { nil }
        }
    }

    /// Waits for its `count`th end.
    @discardableResult
    func ended(_ count: Int = 1) async throws -> (ending: ProcessEvent.Ending, at: ContinuousClock.Instant) {
        try await nth(count) { event in
            if case .ended(let ending) = event.what { (ending, event.at) } else { nil }
        }
    }

    private func nth<Value>(_ count: Int, _ choose: (Event) -> Value?) async throws -> Value {
        var left = count
        return try await events.first { event in
            guard let value = choose(event) else { return nil }
            left -= 1
            return left == 0 ? value : nil
        }
    }

    /// It was stopped by a signal, as Linux tells (proc(5)).
    var isStopped: Bool {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        return text.split(separator: ")").last?.hasPrefix(" T") == true
    }

    // MARK: Actions on it

    func signal(_ signal: Int32) throws {
        let pid = pid
        try #require(pid > 0 && Glibc.kill(pid, signal) == 0, "\(name) does not run")
    }

    /// Kills it where it runs; it is needed no more.
    func abandon() {
        restarts.withLock { $0 = false }
        if pid > 0 { _ = Glibc.kill(pid, SIGKILL) }
    }

    /// Kills it and waits until it is gone; says when the signal was sent.
    @discardableResult
    func kill(restarts: Bool? = nil) async throws -> ContinuousClock.Instant {
        try await end(SIGKILL, restarts).began
    }

    /// Stops it in order; it is not started again.
    func stop() async throws -> (ending: ProcessEvent.Ending, took: Duration) {
        let (ending, began, ended) = try await end(SIGTERM, false)
        return (ending, ended - began)
    }

    private func end(_ number: Int32, _ restarts: Bool?) async throws -> (
        ending: ProcessEvent.Ending, began: ContinuousClock.Instant, ended: ContinuousClock.Instant
    ) {
        if let restarts { self.restarts.withLock { $0 = restarts } }
        let before = endings.count
        let began = ContinuousClock.now
        try signal(number)
        let (ending, ended) = try await ended(before + 1)
        return (ending, began, ended)
    }
}
