import Foundation
import Testing

/// Prometheus's own checker, from Debian's package `prometheus`.
enum Promtool {
    private static let path = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Without it tests are skipped on a laptop, and fail in CI.
    static var isThereOrRequired: Bool { path != nil || ProcessInfo.processInfo.environment["CI"] != nil }

    /// Expects that it finds nothing to say about `input`.
    static func expectNoWord(_ arguments: String..., input: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let (status, said) = try await run(arguments, input)
        #expect(status == 0 && said.isEmpty, "\(said)", sourceLocation: sourceLocation)
    }

    static func expectSuccess(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let (status, said) = try await run(arguments, "")
        #expect(status == 0, "\(said)", sourceLocation: sourceLocation)
    }

    private static func run(_ arguments: [String], _ input: String) async throws -> (status: Int32?, said: String) {
        let process = Process()
        process.executableURL = URL(filePath: try #require(path, "there is no promtool: run Tests/run.sh, which installs it"))
        process.arguments = arguments
        let (written, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (written, output, output)
        let (ends, end) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { end.yield($0.terminationStatus) }
        try process.run()
        // Small enough for the pipe to hold.
        try written.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try written.fileHandleForWriting.close()
        let status = await ends.first { _ in true }
        return (status, String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self))
    }
}
