import Foundation
import LocalGrid
import Postgres
import TestSupport
import Testing

@Suite("PostgreSQL over TLS", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(2)))
struct TLSTests {
    @Test func `a server's certificate is verified, and a wrong CA, name or server is refused`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "postgres tls \(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["right", "wrong"] {
            try await openssl(
                folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-addext",
                "subjectAltName=DNS:localhost", "-keyout", "\(name).key", "-out", "\(name).pem")
        }
        try await TestDatabase.withServer { database in
            for (file, name) in [("right.pem", "server.crt"), ("right.key", "server.key")] {
                try database.install(Data(contentsOf: URL(filePath: "\(folder)/\(file)")), as: name)
            }
            try database.configure(["ssl": "on"])
            try await database.start()
            func url(_ host: String, _ ca: String, _ mode: String = "verify-full") -> String {
                let path = "\(folder)/\(ca).pem".addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                return "\(database.url(host: "\(host):\(database.port)"))&sslmode=\(mode)&sslrootcert=\(path)"
            }
            try await withConnection(settings(url("localhost", "right"))) { connection in
                let isEncrypted = try await connection.value(Bool.self, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
                #expect(isEncrypted == true)
                // Records of 16 kB both ways, in one pipeline.
                let query = PostgresQuery("echo", "SELECT $1 AS d")
                let value = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) })
                let rows = try await connection.run(Array(repeating: query(value), count: 8))
                for answer in rows { #expect(try answer.first("d", Data.self) == value) }
            }
            for (host, ca, text) in [("localhost", "wrong", "certificate verify failed"), ("127.0.0.1", "right", "does not match")] {
                let error = await #expect(throws: PostgresError.self) { try await withConnection(settings(url(host, ca))) { _ in } }
                #expect(error?.code == .tlsRefused, "\(error?.message ?? "")")
                #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
            }
            let missing = await #expect(throws: PostgresError.self) {
                try await withConnection(settings(url("localhost", "none"))) { _ in }
            }
            #expect(missing?.code == .tlsRefused, "\(missing?.message ?? "")")
        }
        let plain = try await TestDatabase.shared().url
        let error = await #expect(throws: PostgresError.self) { try await withConnection(settings("\(plain)&sslmode=require")) { _ in } }
        #expect(error?.code == .tlsRefused, "\(error?.message ?? "")")
    }

    private func openssl(_ folder: String, _ arguments: String...) async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: folder)
        process.standardError = FileHandle.nullDevice
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        try #require(process.terminationStatus == 0)
    }
}
