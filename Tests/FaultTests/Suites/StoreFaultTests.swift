import Foundation
import GRDB
import Glibc
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@testable import LocalGrid

@Suite("A store that cannot write", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct StoreFaultTests {
    /// The store lies on a file system of a few megabytes, which fills up while tasks run.
    @Test(.enabled(if: SmallDisk.canMountOrMust, "mounting a tmpfs needs root"))
    func `a full disk rejects submissions until there is space`() async throws {
        try await FaultGrid.run { grid in
            let path = grid.file("disk")
            let dispatcher = grid.launch(
                .dispatcher, ["--store", "\(path)/store.sqlite"], under: SmallDisk.command(megabytes: 8, at: path)
            )
            let disk = SmallDisk(of: try await dispatcher.ready(), at: path)
            try await grid.launchWorker().ready()
            try await grid.knows(FaultGrid.fault)
            let hold = try Hold(at: grid.file("hold"))
            let before = try await grid.submit(Array(repeating: hold.payload, count: 8), each: 8)
            try await grid.runs.begun(4)
            try disk.fill()
            let filled = ContinuousClock.now
            // Larger than what the log's pages still hold.
            let large = Data(repeating: 0x61, count: 1 << 20)
            try await grid.expectRejection(large, "disk")
            hold.release()
            try await grid.runs.ended(8)
            try await grid.logged("dispatcher", "store step failed, retrying")
            try disk.free()
            let freed = ContinuousClock.now
            let after = try await grid.client.submitAndWatch(FaultGrid.fault, payloads: [large], within: .seconds(60))
            let endings = try await grid.settle(before + [after])
            report("disk full for \(Self.seconds(freed - filled)), from room on it until all has ended", .now - freed)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            #expect(dispatcher.endings.isEmpty)
            // Each ran once: what the workers did was not forgotten for want of a disk.
            #expect(grid.runs.attempts.values.allSatisfy { $0 == [1] })
        }
    }

    /// A fault of a file that a dispatcher has open.
    enum Loss: CaseIterable {
        case removed, replaced, folderMoved
    }

    @Test(arguments: Loss.allCases)
    func `a store file that is gone refuses submissions, and the health endpoint and an event say so`(_ loss: Loss) async throws {
        try await FaultGrid.run { grid in
            let port = try LoopbackPort.free(besides: [])
            let folder = grid.file("stored")
            let store = "\(folder)/store.sqlite"
            try await grid.launch(.dispatcher, ["--store", store, "--health-port", "\(port)"]).ready()
            try await grid.launchWorker().ready()
            try await grid.knows(FaultGrid.fault)
            _ = try await grid.client.run(FaultGrid.fault, payload: Data("before".utf8), options: TaskOptions(deadline: .seconds(30)))
            #expect(try await HealthAnswer(port: port).status == 200)

            let files = FileManager.default
            switch loss {
            case .removed: for name in try files.contentsOfDirectory(atPath: folder) { try files.removeItem(atPath: "\(folder)/\(name)") }
            case .replaced:
                try files.copyItem(atPath: store, toPath: "\(store).copy")
                #expect(rename("\(store).copy", store) == 0)
            case .folderMoved: try files.moveItem(atPath: folder, toPath: "\(folder).away")
            }
            let since = ContinuousClock.now
            // A file that was moved is still a file: that is seen by the next look at it, which also tells.
            if loss != .folderMoved {
                try await grid.expectRejection(Data("after".utf8), loss == .replaced ? "was replaced" : "was removed")
            }
            let event = try await grid.probe.event(GridEvent.self) { $0.problem == .storeUnavailable }
            if loss == .folderMoved { try await grid.expectRejection(Data("after".utf8), "was removed") }
            #expect(event.kind == .error && event.message.contains(store) && event.message.contains("restart the dispatcher"))
            let health = try await HealthAnswer(port: port)
            #expect(health.status == 503 && health.body.contains("while it was open; put it back, or restart the dispatcher"))
            #expect(since.duration(to: .now) < .seconds(60))

            guard loss == .folderMoved else { return }
            try files.moveItem(atPath: "\(folder).away", toPath: folder)
            _ = try await grid.probe.event(GridEvent.self) { $0.problem == .storeUnavailable && $0.kind == .warning }
            _ = try await grid.client.run(FaultGrid.fault, payload: Data("again".utf8), options: TaskOptions(deadline: .seconds(30)))
            #expect(try await HealthAnswer(port: port).status == 200)
        }
    }

    /// Another program holds the file's write lock for longer than the dispatcher waits for it at a time.
    @Test func `a locked store file rejects submissions until it is free`() async throws {
        try await FaultGrid.run { grid in
            let (dispatcher, _) = try await grid.start()
            let hold = try Hold(at: grid.file("hold"))
            let before = try await grid.submit(Array(repeating: hold.payload, count: 8), each: 8)
            try await grid.runs.begun(4)
            let lock = try StoreLock(grid.store)
            try await grid.expectRejection(Data("while locked".utf8), "lock")
            hold.release()
            try await grid.runs.ended(8)
            try await grid.logged("dispatcher", "store step failed, retrying")
            // While it retries to write the results, it answers.
            try await grid.expectRejection(Data("while results wait".utf8), "lock")
            try lock.release()
            let released = ContinuousClock.now
            let endings = try await grid.settle(before + grid.submit(["after"]))
            report("store locked by another program, from its release until all has ended", .now - released)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            #expect(dispatcher.endings.isEmpty)
            #expect(grid.runs.attempts.values.allSatisfy { $0 == [1] })
        }
    }

    /// Many submissions and results come at once while the disk is full: all of them wait or are rejected, and nothing hangs.
    @Test(.enabled(if: SmallDisk.canMountOrMust, "mounting a tmpfs needs root"))
    func `a full disk under load rejects submissions and hangs nothing`() async throws {
        try await FaultGrid.run { grid in
            let path = grid.file("disk")
            let dispatcher = grid.launch(
                .dispatcher, ["--store", "\(path)/store.sqlite"], under: SmallDisk.command(megabytes: 24, at: path)
            )
            let disk = SmallDisk(of: try await dispatcher.ready(), at: path)
            for name in ["one", "two"] { try await grid.launchWorker(named: name, concurrency: 64, prefetch: 128).ready() }
            try await grid.knows(FaultGrid.fault)
            let before = try await grid.submit((0..<4000).map { _ in "sleep 0.2" }, each: 200)
            try await grid.runs.begun(300)
            try disk.fill()
            try await grid.logged("dispatcher", "store step failed, retrying")
            // Rejections and the turns' own answers fill what is on its way to the broker.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<400 {
                    group.addTask {
                        let payload = Data(repeating: UInt8(number % 256), count: 2000)
                        let options = TaskOptions(deadline: .seconds(60))
                        let error = await #expect(throws: ClientError.self) {
                            try await grid.client.submit(FaultGrid.fault, payload: payload, options: options)
                        }
                        #expect(error?.rejection?.code == .storeUnavailable, "\(String(describing: error))")
                    }
                }
                try await group.waitForAll()
            }
            try disk.free()
            let freed = ContinuousClock.now
            let endings = try await grid.settle(before + grid.submit((0..<100).map(String.init)))
            report("disk full under load, from room on it until all has ended", .now - freed)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            #expect(dispatcher.endings.isEmpty)
        }
    }

    /// A rejected submission is done with: a dispatcher that dies in the midst of it does not accept it after all.
    @Test func `a rejected submission is not accepted by the next dispatcher`() async throws {
        try await FaultGrid.run { grid in
            let (dispatcher, _) = try await grid.start()
            let hold = try Hold(at: grid.file("hold"))
            let before = try await grid.submit(Array(repeating: hold.payload, count: 8), each: 8)
            try await grid.runs.begun(4)
            let lock = try StoreLock(grid.store)
            hold.release()
            try await grid.runs.ended(8)
            try await grid.logged("dispatcher", "store step failed, retrying")
            // The first one is acknowledged before the second is answered.
            for text in ["one", "two"] { try await grid.expectRejection(Data(text.utf8), "lock") }
            try await dispatcher.kill(restarts: true)
            try lock.release()
            try await dispatcher.ready(2)
            let submitted = before + (try await grid.submit(["after"]))
            for submitted in submitted {
                for try await ending in submitted.endings { #expect(ending.state == .succeeded) }
            }
            let counters = try await grid.counters()
            #expect(counters.submitted == 9)
        }
    }

    /// A shutdown does not wait for a store that fails: what is not written comes again.
    @Test func `a dispatcher told to stop ends though the store is locked`() async throws {
        try await FaultGrid.run { grid in
            let (dispatcher, _) = try await grid.start()
            let hold = try Hold(at: grid.file("hold"))
            let before = try await grid.submit(Array(repeating: hold.payload, count: 8), each: 8)
            try await grid.runs.begun(4)
            let lock = try StoreLock(grid.store)
            hold.release()
            try await grid.runs.ended(8)
            try await grid.logged("dispatcher", "store step failed, retrying")
            let stop = try await dispatcher.stop()
            report("SIGTERM of the dispatcher while its store is locked, until it has ended", stop.took)
            #expect(stop.ending == .exited(code: 0))
            try await grid.logged("dispatcher", "doing nothing until the store is read again")
            try lock.release()
            try await grid.launch(.dispatcher, named: "again").ready()
            let endings = try await grid.settle(before)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            #expect(grid.runs.attempts.values.allSatisfy { $0 == [1] })
        }
    }

    private static func seconds(_ duration: Duration) -> String { duration.formatted(.units(allowed: [.seconds], width: .narrow)) }
}

/// Another program that holds a store's write lock.
struct StoreLock: Sendable {
    private let database: DatabaseQueue

    init(_ path: String) throws {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        configuration.busyMode = .timeout(5)
        database = try DatabaseQueue(path: path, configuration: configuration)
        try database.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
    }

    func release() throws {
        try database.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try database.close()
    }
}

/// A file system in memory, small enough to be filled. Its process alone sees it, and it goes with that.
struct SmallDisk: Sendable {
    /// Mounting needs root. Without it these tests are skipped on a laptop, and fail in CI.
    static var canMountOrMust: Bool { geteuid() == 0 || ProcessInfo.processInfo.environment["CI"] != nil }

    /// Before a program and its arguments: mounts the file system at `path`, then becomes the program.
    static func command(megabytes: Int, at path: String) -> [String] {
        let script = "mkdir '\(path)' && mount -t tmpfs -o size=\(megabytes)m tmpfs '\(path)' && exec \"$@\""
        return ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", script, "sh"]
    }

    private let ballast: String

    /// The file system as the process sees it.
    init(of process: pid_t, at path: String) {
        ballast = "/proc/\(process)/root\(path)/ballast"
    }

    /// Leaves no byte free.
    func fill() throws {
        let descriptor = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        let bytes = [UInt8](repeating: 0, count: 4096)
        while write(descriptor, bytes, bytes.count) > 0 {}
        close(descriptor)
    }

    func free() throws { try FileManager.default.removeItem(atPath: ballast) }
}
