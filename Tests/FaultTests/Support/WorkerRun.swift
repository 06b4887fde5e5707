import Foundation
import Synchronization
import TaskGridCore
import TestSupport
import Testing

/// The begin or end of a task's run, as a `FaultWorker` told it.
struct WorkerRun: Hashable, Sendable {
    enum What: String, Sendable { case begun, ended }

    let what: What
    let type: String
    let task: TaskID
    let attempt: Int
    let process: pid_t
    let at: ContinuousClock.Instant
}

/// A datagram socket on which the workers of a grid tell of their runs. Its thread blocks on it.
final class RunListener: Sendable {
    let runs = Journal<WorkerRun>()
    let path: String
    private let descriptor: Int32

    init(folder: URL) throws {
        path = folder.appending(path: "runs").path
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        try #require(withAddress { Int(bind(descriptor, $0, $1)) } == 0)
        Thread.detachNewThread { [self] in listen() }
    }

    /// Ends the thread.
    func close() {
        _ = withAddress { sendto(descriptor, "", 0, 0, $0, $1) }
    }

    private func listen() {
        var bytes = [UInt8](repeating: 0, count: 1024)
        while true {
            let count = recv(descriptor, &bytes, bytes.count, 0)
            guard count > 0 else { break }
            let words = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ").map(String.init)
            guard words.count == 6, let what = WorkerRun.What(rawValue: words[0]), let task = Int64(words[2]), let attempt = Int(words[3]),
                let process = pid_t(words[4]), let told = Int64(words[5])
            else { continue }
            // When it was told, not when this thread came to read it.
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            let at = ContinuousClock.now - .nanoseconds(Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec) - told)
            runs.add(WorkerRun(what: what, type: words[1], task: TaskID(task), attempt: attempt, process: process, at: at))
        }
        Foundation.close(descriptor)
    }

    private func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int) -> Int {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }

}

extension Journal<WorkerRun> {
    var begun: [WorkerRun] { entries.filter { $0.what == .begun } }

    /// The attempts that began, by task.
    var attempts: [TaskID: [Int]] { begun.reduce(into: [:]) { $0[$1.task, default: []].append($1.attempt) } }

    /// Waits until `count` runs have begun, and gives them.
    @discardableResult
    func begun(_ count: Int) async throws -> [WorkerRun] { try await first(count, .begun) }

    /// Waits until `count` runs have ended, and gives them.
    @discardableResult
    func ended(_ count: Int) async throws -> [WorkerRun] { try await first(count, .ended) }

    private func first(_ count: Int, _ what: WorkerRun.What) async throws -> [WorkerRun] {
        var seen: [WorkerRun] = []
        var next = 0
        while true {
            let entries = entries
            seen += entries.dropFirst(next).filter { $0.what == what }
            next = entries.count
            if seen.count >= count { return seen }
            try await wait(beyond: next)
        }
    }
}
