import Foundation
import TestSupport
import Testing

@testable import LocalGrid

/// Every command under limits of open files (`ulimit -n`), as real processes.
@Suite("Limits of open files", .timeLimit(.minutes(2)))
struct FileLimitTests {
    private static let commands = [
        ["dispatcher"], ["nameservice"], ["monitor", "--port", "0"], ["worker", "reverse"], ["up", "--ports", "free"], ["workers"],
    ]

    private func run(_ command: [String], limit: Int) async throws -> CommandRun {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await CommandRun.run(command + ["--data", folder, "--broker", "amqp://guest:guest@127.0.0.1:1"], limit: limit)
    }

    @Test(arguments: commands) func `too few open files are an error that says how many are needed, never a signal`(
        _ command: [String]
    ) async throws {
        // With fewer the shell itself cannot redirect.
        for limit in [14, 16, 24, 32, 40, 48] {
            let ending = try await run(command, limit: limit)
            #expect(ending.reason == .exit && ending.code == 1, "\(command) with \(limit): \(ending)")
            #expect(
                ending.errors.contains(/error: .* needs \d+ open files and may have \d+: raise the limit, as with 'ulimit -n \d+'/),
                "\(command) with \(limit): \(ending)")
        }
    }

    /// As many as the errors say are needed, and everything that a service opens fits: with connections to its endpoint, too.
    @Test(.enabled(if: TestBroker.isThereOrRequired), arguments: commands.prefix(4))
    func `as many open files as are needed are enough`(_ command: [String]) async throws {
        let refusal = try await run(command, limit: 16).errors
        let needed = try #require(refusal.firstMatch(of: /needs (\d+) open files/).flatMap { Int($0.1) })
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        let broker = try TestBroker.requiredURL()
        let line =
            [Programs.taskgrid] + command
            + ["--data", folder.path, "--broker", broker, "--prefix", "limit-\(UUID().uuidString.prefix(8))"]
        process.arguments = ["-c", "ulimit -n \(needed); exec \"$@\"", "sh"] + line
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        let ended = AsyncStream.makeStream(of: (Int32, Process.TerminationReason).self)
        process.terminationHandler = { ended.continuation.yield(($0.terminationStatus, $0.terminationReason)) }
        let (texts, text) = AsyncStream.makeStream(of: String.self)
        errors.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty { text.finish() } else { text.yield(String(decoding: data, as: UTF8.self)) }
        }
        try process.run()
        var log = ""
        for await text in texts {
            log += text
            if log.contains(": ready\n") { break }
        }
        let port = log.firstMatch(of: /http\.port=(\d+)/).flatMap { Int($0.1) }
        // Far more connections than there are files for.
        var wires: [Int32] = []
        if let port { wires = (0..<300).map { _ in IPv4.connect(to: port) } }
        process.terminate()
        let (code, reason) = try #require(await ended.stream.first { _ in true })
        for wire in wires { close(wire) }
        #expect(reason == .exit && code == 0, "\(command) with \(needed) open files: \(log)")
    }
}
