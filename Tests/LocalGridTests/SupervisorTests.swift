import AMQP
import Foundation
import Synchronization
import TaskGridConfiguration
import TaskGridCore
import Testing

@testable import LocalGrid

/// A supervisor over small shell scripts. A script may write to its standard output, its log, and make `$READY`.
@Suite(.timeLimit(.minutes(1))) struct SupervisorTests {
    private func shell(_ name: String, _ script: String, in folder: GridFolder) -> ChildProcess {
        let ready = folder.readyFile(of: name)
        return ChildProcess(
            name: name,
            executable: "/bin/sh",
            arguments: ["-c", script],
            environment: .inherited(["READY": ready]),
            log: folder.log(of: name),
            readiness: .file(ready),
            stopWithin: .seconds(10)
        )
    }

    /// Runs a supervisor until `body` returns, then stops it.
    private func supervising(
        _ supervisor: Supervisor,
        _ events: ProcessEvents,
        _ body: () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask {
                defer { events.finish() }
                try await supervisor.run()
            }
            try await body()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Sleeps as long as it is let, and ends at SIGTERM like most programs do.
    private static let steady = "touch \"$READY\"; exec sleep 1000"

    @Test func `services start stage by stage and stop in the reverse order`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let events = ProcessEvents()
            let supervisor = Supervisor(
                stages: [
                    [shell("first", Self.steady, in: folder)],
                    [],
                    [shell("second", Self.steady, in: folder), shell("third", Self.steady, in: folder)],
                ],
                onEvent: events.add
            )
            let (readied, ready) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
            try await withThrowingTaskGroup { group in
                group.addTask { try await supervisor.run { () throws(LocalGridError) in ready.finish() } }
                for await _ in readied {}
                group.cancelAll()
                try await group.waitForAll()
            }
            let told = events.all
            func place(_ name: String, _ matches: (ProcessEvent) -> Bool) -> Int? {
                told.firstIndex { $0.process == name && matches($0) }
            }
            let starts = try ["second", "third"].map { name in try #require(place(name) { $0.what == .starting }) }
            #expect(try #require(place("first", \.isReady)) < starts.min()!)
            let stops = try ["second", "third"].map { name in try #require(place(name, \.isStopped)) }
            #expect(try #require(place("first", \.isStopped)) > stops.max()!)
            #expect(told.filter(\.isStopped).allSatisfy { $0.ending == .signalled(SIGTERM) })
        }
    }

    @Test func `a process that dies is restarted with a rising backoff`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let events = ProcessEvents()
            // Ready, then dead; "ready" must be made anew at each start.
            let script = "echo run; touch \"$READY\"; while [ -e \"$READY\" ] && [ ! -e \"$READY.seen\" ]; do sleep 0.01; done; exit 3"
            var supervisor = Supervisor(stages: [[shell("dying", script, in: folder)]], onEvent: events.add)
            supervisor.backoff = Backoff(base: .milliseconds(1), ceiling: .milliseconds(4))
            try await supervising(supervisor, events) {
                #expect(await events.next(\.isReady) != nil)
                #expect(FileManager.default.createFile(atPath: "\(folder.readyFile(of: "dying")).seen", contents: nil))
                for attempt in 1...3 {
                    let ended = await events.next { $0.ending != nil }
                    #expect(ended?.ending == .exited(code: 3))
                    let restarting = await events.next { $0.attempt != nil }
                    #expect(restarting?.attempt == attempt)
                    guard case .restarting(_, let delay) = restarting?.what else { continue }
                    #expect(delay <= supervisor.backoff.limit(before: attempt))
                }
            }
            let log = try String(contentsOfFile: folder.log(of: "dying"), encoding: .utf8)
            #expect(log.split(separator: "\n").count >= 3, "each run appends to the log")
        }
    }

    @Test func `the backoff starts again from its base after a long run`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let events = ProcessEvents()
            // Ready, then dead once the test has seen it.
            let script = "touch \"$READY\"; while [ ! -e \"$READY.seen\" ]; do sleep 0.01; done; rm \"$READY.seen\"; exit 3"
            var supervisor = Supervisor(stages: [[shell("dying", script, in: folder)]], onEvent: events.add)
            supervisor.backoff = Backoff(base: .milliseconds(1), ceiling: .milliseconds(4))
            supervisor.steadyAfter = .zero
            try await supervising(supervisor, events) {
                for _ in 1...3 {
                    #expect(await events.next(\.isReady) != nil)
                    #expect(FileManager.default.createFile(atPath: "\(folder.readyFile(of: "dying")).seen", contents: nil))
                    #expect(await events.next { $0.attempt != nil }?.attempt == 1)
                }
            }
        }
    }

    @Test func `a process that is killed by name is restarted`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let events = ProcessEvents()
            var supervisor = Supervisor(stages: [[shell("steady", Self.steady, in: folder)]], onEvent: events.add)
            supervisor.backoff = Backoff(base: .milliseconds(1), ceiling: .milliseconds(4))
            #expect(!supervisor.processes.kill("steady"))
            try await supervising(supervisor, events) {
                #expect(await events.next(\.isReady) != nil)
                let pid = try #require(supervisor.processes["steady"])
                #expect(!supervisor.processes.kill("other"))
                #expect(supervisor.processes.kill("steady"))
                #expect(await events.next { $0.ending != nil }?.ending == .signalled(SIGKILL))
                #expect(await events.next(\.isReady) != nil)
                #expect(try #require(supervisor.processes["steady"]) != pid)
            }
            #expect(supervisor.processes["steady"] == nil)
        }
    }

    @Test func `a check before a start can refuse it`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            var child = shell("good", Self.steady, in: folder)
            child.beforeStart = { throw POSIXError(.ENOSPC) }
            let error = await #expect(throws: LocalGridError.self) {
                try await Supervisor(stages: [[child]], onEvent: { _ in }).run()
            }
            #expect(error?.message.contains("could not be started") == true)
        }
    }

    @Test func `a process that does not end in time is killed`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let events = ProcessEvents()
            var child = shell("stubborn", "trap '' TERM; touch \"$READY\"; while :; do sleep 1; done", in: folder)
            child.stopWithin = .milliseconds(100)
            try await supervising(Supervisor(stages: [[child]], onEvent: events.add), events) {
                #expect(await events.next(\.isReady) != nil)
            }
            #expect(events.all.last?.what == .stopped(.signalled(SIGKILL)))
        }
    }

    @Test func `a child that dies before it is ready fails the start and stops the rest`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let events = ProcessEvents()
            let supervisor = Supervisor(
                stages: [[shell("good", Self.steady, in: folder)], [shell("bad", "echo no such key; exit 78", in: folder)]],
                onEvent: events.add
            )
            let error = await #expect(throws: LocalGridError.self) { try await supervisor.run() }
            #expect(error?.code == .startFailed)
            #expect(error?.message.hasPrefix("bad exited with code 78 before it was ready") == true)
            #expect(error?.message.hasSuffix("which ends:\nno such key") == true)
            #expect(events.all.last == ProcessEvent(process: "good", what: .stopped(.signalled(SIGTERM))))
        }
    }

    @Test(arguments: [(3, true), (2, false)])
    func `a child of several attempts that dies before it is ready is started again, so often and no more`(
        attempts: Int, becomesReady: Bool
    ) async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let events = ProcessEvents()
            let script = "echo run; [ $(wc -l < '\(folder.log(of: "third time"))') = 3 ] || exit 1; \(Self.steady)"
            var child = shell("third time", script, in: folder)
            child.startAttempts = attempts
            var supervisor = Supervisor(stages: [[child]], onEvent: events.add)
            supervisor.backoff = Backoff(base: .milliseconds(1), ceiling: .milliseconds(4))
            if becomesReady {
                try await supervising(supervisor, events) { #expect(await events.next(\.isReady) != nil) }
            } else {
                let error = await #expect(throws: LocalGridError.self) { try await supervisor.run() }
                #expect(error?.message.hasPrefix("third time exited with code 1 before it was ready") == true)
            }
            #expect(events.all.filter { $0.what == .starting }.count == attempts)
        }
    }

    @Test func `a child that runs and serves no more is ended and started again`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let events = ProcessEvents()
            let serves = "\(folder.readyFile(of: "deaf")).serves"
            var child = shell("deaf", "touch '\(serves)'; \(Self.steady)", in: folder)
            child.liveness = ChildProcess.Liveness(within: .milliseconds(50)) { access(serves, F_OK) == 0 }
            var supervisor = Supervisor(stages: [[child]], onEvent: events.add)
            supervisor.backoff = Backoff(base: .milliseconds(1), ceiling: .milliseconds(4))
            try await supervising(supervisor, events) {
                for _ in 1...2 {
                    #expect(await events.next(\.isReady) != nil)
                    #expect(unlink(serves) == 0)
                    #expect(await events.next { $0.ending != nil }?.ending == .notServing(for: .milliseconds(50)))
                }
                #expect(await events.next(\.isReady) != nil)
            }
            #expect(events.all.last?.isStopped == true)
        }
    }

    @Test func `a child that is not ready in time fails the start`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            var child = shell("slow", "exec sleep 1000", in: folder)
            child.readyWithin = .milliseconds(50)
            #expect(FileManager.default.createFile(atPath: folder.readyFile(of: "slow"), contents: nil), "left by an earlier run")
            let supervisor = Supervisor(stages: [[child]], onEvent: { _ in })
            let error = await #expect(throws: LocalGridError.self) { try await supervisor.run() }
            #expect(error?.message.contains("was not ready within 0.05 seconds") == true)
        }
    }

    @Test func `a missing program fails the start`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let child = ChildProcess(name: "none", executable: "/no/such/program", log: folder.log(of: "none"))
            let error = await #expect(throws: LocalGridError.self) {
                try await Supervisor(stages: [[child]], onEvent: { _ in }).run()
            }
            #expect(error?.message.contains("/no/such/program: No such file or directory") == true)
        }
    }

    @Test func `a stop during the start stops the processes that run`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let events = ProcessEvents()
            let supervisor = Supervisor(
                stages: [[shell("good", Self.steady, in: folder)], [shell("slow", "exec sleep 1000", in: folder)]],
                onEvent: events.add
            )
            try await supervising(supervisor, events) {
                #expect(await events.next { $0.process == "slow" } != nil)
            }
            #expect(events.all.filter(\.isStopped).map(\.process) == ["slow", "good"])
        }
    }

    @Test func `a process that may be killed while it starts is killed at once by a stop, with its own children`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let events = ProcessEvents()
            let pid = "\(folder.path)/pid"
            // It says who its child is, and does not heed SIGTERM.
            var child = shell("deaf", "trap '' TERM; sleep 1000 & echo $! > '\(pid).new'; mv '\(pid).new' '\(pid)'; wait", in: folder)
            child.stopWithin = .seconds(1000)
            child.isKilledWhileStarting = true
            try await supervising(Supervisor(stages: [[child]], onEvent: events.add), events) {
                // A shell has no other signal than its file for what it has begun.
                while access(pid, F_OK) != 0 { try await Task.sleep(for: .milliseconds(5)) }
            }
            #expect(events.all.last?.what == .stopped(.signalled(SIGKILL)))
            let sleeper = try #require(pid_t(String(contentsOfFile: pid, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
            // The kernel ends it soon, and tells its parent alone, which has ended: there is no signal to wait for, so /proc is read again and
            // again within the test's time. A zombie that nobody has taken yet has ended too.
            func state() -> String { (try? String(contentsOfFile: "/proc/\(sleeper)/stat", encoding: .utf8)) ?? ") Z" }
            while ![") Z", ") X"].contains(where: state().contains) { try await Task.sleep(for: .milliseconds(5)) }
        }
    }
}
