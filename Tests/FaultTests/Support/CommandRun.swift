import Foundation

/// The outcome of a run of a program, the `taskgrid` command most often.
struct CommandRun {
    var code: Int32
    var reason: Process.TerminationReason
    var output: String
    var errors: String

    /// Runs a program in a folder of its own to its end.
    ///
    /// - Parameters:
    ///   - arguments: without the program's name.
    ///   - program: its path.
    ///   - environment: beside the tests' own.
    ///   - limit: how many files it may have open; nil: as many as the tests.
    ///   - began: gets its process id once it runs.
    static func run(
        _ arguments: [String], of program: String = Programs.taskgrid, environment: [String: String] = [:], limit: Int? = nil,
        began: (Int32) -> Void = { _ in }
    ) async throws -> CommandRun {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (output, errors) = (folder.appending(path: "output"), folder.appending(path: "errors"))
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        let limits = limit.map { "ulimit -n \($0); " } ?? ""
        process.arguments = ["-c", "\(limits)exec \"$@\" >\(output.path) 2>\(errors.path)", "sh", program] + arguments
        process.currentDirectoryURL = folder
        // A backtrace takes longer than the test.
        process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
            .merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { process in
                func text(_ file: URL) -> String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }
                continuation.resume(
                    returning: CommandRun(
                        code: process.terminationStatus, reason: process.terminationReason, output: text(output), errors: text(errors)))
            }
            do {
                try process.run()
                began(process.processIdentifier)
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
