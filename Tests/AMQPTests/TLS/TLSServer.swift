import Foundation
import TestSupport

/// `openssl s_server`: a server that speaks TLS, and no AMQP.
enum TLSServer {
    /// Runs `body` beside one that is ready, with its port; ends it in any case.
    ///
    /// - Parameters:
    ///   - file: the files of its certificate.
    ///   - certificates: where they are.
    ///   - arguments: further arguments.
    ///   - body: what is to be done meanwhile.
    static func run(
        _ file: String, of certificates: Certificates, _ arguments: [String] = [], _ body: (Int) async throws -> Void
    ) async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments =
            ["s_server", "-accept", "127.0.0.1:0", "-cert", certificates.certificate(file), "-key", certificates.key(file)] + arguments
        let (input, output) = (Pipe(), Pipe())
        let said = Journal<String>()
        output.fileHandleForReading.readabilityHandler = { said.add(String(decoding: $0.availableData, as: UTF8.self)) }
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            // It has inherited from a process of tests that SIGTERM is ignored.
            kill(process.processIdentifier, SIGKILL)
            output.fileHandleForReading.readabilityHandler = nil
        }
        // It says "ACCEPT 127.0.0.1:" with the port once it listens.
        let port = try await said.first { _ in
            said.entries.joined().firstMatch(of: /ACCEPT 127\.0\.0\.1:(\d+)\n/).flatMap { Int($0.output.1) }
        }
        try await body(port)
    }
}
