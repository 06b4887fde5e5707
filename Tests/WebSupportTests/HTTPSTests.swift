import Foundation
import Hummingbird
import HummingbirdTesting
import LocalGrid
import Logging
import NIOSSL
import ServiceSupport
import TestSupport
import Testing

@testable import WebSupport

/// Servers with certificates of the test's own.
@Suite(.timeLimit(.minutes(1))) struct HTTPSTests {
    /// A certificate and its CA, in a folder of their own.
    private struct Scratch {
        let path = FileManager.default.temporaryDirectory.appending(path: "https-\(UUID().uuidString)").path
        let certificates: GridCertificates
        var files: CertificateFiles { certificates.server }

        init() throws {
            certificates = GridCertificates(in: path)
            try certificates.prepare(for: ["localhost", "127.0.0.1"])
        }

        func remove() { try? FileManager.default.removeItem(atPath: path) }

        /// Puts these files in the place of another's.
        func replace(_ other: CertificateFiles) throws {
            for (new, old) in [(files.key, other.key), (files.certificate, other.certificate)] {
                try PrivateFile.write(String(contentsOfFile: new, encoding: .utf8), to: old)
            }
        }

        /// A client that trusts this CA alone.
        func client(from oldest: TLSVersion = .tlsv12, to newest: TLSVersion = .tlsv13) -> TestClient.Configuration {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .file(certificates.ca)
            configuration.minimumTLSVersion = oldest
            configuration.maximumTLSVersion = newest
            return TestClient.Configuration(tlsConfiguration: configuration, serverName: "localhost")
        }
    }

    /// Runs a server with one path and gives its port.
    private func serve(
        _ files: CertificateFiles, times: RequestTimes = RequestTimes(), logger: Logger = .silent,
        _ body: @escaping (Int) async throws -> Void
    ) async throws {
        let route = Route(.get, "/x", id: "x", summary: "", access: .open, content: .text([])) { _ in .json(["well": true]) }
        try await withPort(
            of: { onListening in
                var server = WebServer(
                    [route], host: "127.0.0.1", port: 0, hosts: AllowedHosts([], key: "hosts"), certificate: files, of: "the test",
                    logger: logger, onListening: onListening
                )
                server.times = times
                return server
            }, body)
    }

    /// Whether a new connection is answered.
    private func answers(_ port: Int, _ configuration: TestClient.Configuration) async -> Bool {
        let status = try? await TestClient.withClient(host: "127.0.0.1", port: port, configuration: configuration) { client in
            try await client.ask("/x").status
        }
        return status == .ok
    }

    @Test(arguments: [TLSVersion.tlsv12, .tlsv13]) func `requests are answered over TLS 1.2 and 1.3`(version: TLSVersion) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try await serve(scratch.files) { port in
            #expect(await answers(port, scratch.client(from: version, to: version)))
        }
    }

    @Test(arguments: [TLSVersion.tlsv1, .tlsv11]) func `an older TLS is refused`(version: TLSVersion) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try await serve(scratch.files) { port in
            #expect(await !answers(port, scratch.client(from: version, to: version)))
            #expect(await answers(port, scratch.client()))
        }
    }

    @Test func `a renewed certificate is shown to the next connection`() async throws {
        let (first, second) = (try Scratch(), try Scratch())
        defer {
            first.remove()
            second.remove()
        }
        let lines = Journal<LogLine>()
        try await serve(first.files, logger: Logger(into: lines)) { port in
            #expect(await answers(port, first.client()))
            #expect(await !answers(port, second.client()))
            try second.replace(first.files)
            #expect(await answers(port, second.client()))
        }
        #expect(lines.entries.count { $0.message == "certificate was read again" } == 1)
    }

    @Test func `files that cannot be used leave the last certificate in use, and the log says so once`() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let lines = Journal<LogLine>()
        try await serve(scratch.files, logger: Logger(into: lines)) { port in
            try PrivateFile.write("no key", to: scratch.files.key)
            for _ in 0..<3 { #expect(await answers(port, scratch.client())) }
        }
        let errors = lines.entries.filter { $0.level == .error }
        #expect(errors.map(\.message) == ["certificate cannot be used, the last one stays in use"])
        let reason = errors.first?.metadata[LogKey.error]?.description ?? ""
        #expect(reason.contains("no PEM file of a key"))
    }

    enum Flaw: CaseIterable {
        case noCertificate, noKey, readableKey, otherKey, encryptedKey
    }

    @Test(arguments: Flaw.allCases) func `files that cannot be used end the start, with an error that says why`(flaw: Flaw)
        async throws
    {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let reason: String
        switch flaw {
        case .noCertificate:
            try FileManager.default.removeItem(atPath: scratch.files.certificate)
            reason = "cannot be read"
        case .noKey:
            try PrivateFile.write("no key", to: scratch.files.key)
            reason = "is no PEM file of a key"
        case .readableKey:
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: scratch.files.key)
            reason = "can be read or written by other users"
        case .otherKey:
            let other = try Scratch()
            defer { other.remove() }
            try PrivateFile.write(String(contentsOfFile: other.files.key, encoding: .utf8), to: scratch.files.key)
            reason = "is not that of the certificate"
        case .encryptedKey:
            let encrypted =
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3\n-----END ENCRYPTED PRIVATE KEY-----\n"
            try PrivateFile.write(encrypted, to: scratch.files.key)
            reason = "without a passphrase"
        }
        let error = await #expect(throws: WebServerError.self) { try await serve(scratch.files) { _ in Issue.record("it listens") } }
        #expect(error?.code == .certificate)
        let message = error?.message ?? ""
        #expect(message.hasPrefix("the test cannot speak HTTPS: "))
        #expect(message.contains(reason))
    }

    @Test func `a request of plain HTTP is told that the port speaks HTTPS`() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try await serve(scratch.files) { port in
            let wire = try await HTTPWire.open(port)
            try wire.send("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(await wire.status() == 400)
        }
    }

    @Test func `a handshake that does not come whole is given up`() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try await serve(scratch.files, times: RequestTimes(first: .milliseconds(200), next: .hours(1), reserve: .hours(1))) { port in
            let (silent, half) = (try await HTTPWire.open(port), try await HTTPWire.open(port))
            try half.send("\u{16}\u{3}\u{1}")
            #expect(await silent.status() == nil)
            #expect(await half.status() == nil)
        }
    }
}
