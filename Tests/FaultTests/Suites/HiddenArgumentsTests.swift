import Foundation
import Testing

/// The arguments that every user of the machine sees of a process (proc(5), `cmdline`).
@Suite("The arguments of a process", .timeLimit(.minutes(1)))
struct HiddenArgumentsTests {
    private static let url = "amqp://me:geheim@127.0.0.1:1"

    @Test(arguments: [
        (Programs.taskgrid, ["worker", "reverse", "--broker", url]), (Programs.taskgrid, ["nameservice", "--broker=\(url)"]),
        (Programs.worker, ["fault", url]),
    ])
    func `show no password of a URL`(program: String, arguments: [String]) async throws {
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        process.environment = ProcessInfo.processInfo.environment
            .merging(["TASKGRID_BROKER": Self.url, "TASKGRID_HEALTH_PORT": "0"]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        let (texts, text) = AsyncStream.makeStream(of: String.self)
        errors.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty { text.finish() } else { text.yield(String(decoding: data, as: UTF8.self)) }
        }
        let (ends, ended) = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in ended.finish() }
        try process.run()
        var log = ""
        for await text in texts {
            log += text
            if log.contains("start") { break }
        }
        let shown = try Data(contentsOf: URL(filePath: "/proc/\(process.processIdentifier)/cmdline"))
        process.terminate()
        for await _ in ends {}
        let words = String(decoding: shown, as: UTF8.self).split(separator: "\0").dropFirst().map(String.init)
        #expect(log.contains("start"))
        #expect(words == arguments.map { $0.replacing("geheim", with: "******") }, "\(log)")
    }
}
