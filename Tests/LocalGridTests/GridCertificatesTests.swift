import Foundation
import ServiceSupport
import TaskGridConfiguration
import Testing

@testable import LocalGrid

@Suite struct GridCertificatesTests {
    private static let day: TimeInterval = 24 * 60 * 60

    private func content(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    /// Blocking, for a test: whether openssl finds nothing wrong with the certificate, also by the strict rules of RFC 5280.
    private func verifies(_ certificates: GridCertificates, _ arguments: String...) throws -> Bool {
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        openssl.arguments =
            ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", certificates.ca] + arguments
            + [certificates.server.certificate]
        openssl.standardOutput = FileHandle.nullDevice
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        return openssl.terminationStatus == 0
    }

    @Test func `the certificate is the CA's and has the names of a grid, and nobody else may read a file`() async throws {
        try await withTemporaryFolder { folder in
            let certificates = folder.certificates
            try certificates.prepare(for: GridCertificates.loopback + ["grid.example.org"])
            for arguments in [["-verify_ip", "127.0.0.1"], ["-verify_ip", "::1"], ["-verify_hostname", "grid.example.org"]] {
                #expect(try verifies(certificates, arguments[0], arguments[1]), "\(arguments)")
            }
            #expect(try !verifies(certificates, "-verify_hostname", "other.example.org"))
            let files = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/tls")
            #expect(Set(files) == ["ca.pem", "ca.key", "server.pem", "server.key"])
            for file in files { #expect(try mode("\(folder.path)/tls/\(file)") == 0o600) }
        }
    }

    @Test func `a certificate is kept until it would soon expire, and the CA as long as it outlives one`() async throws {
        try await withTemporaryFolder { folder in
            let certificates = folder.certificates
            let now = Date()
            func prepared(afterDays days: TimeInterval) throws -> [String] {
                try certificates.prepare(for: ["localhost"], at: now + days * Self.day)
                return [try content(certificates.ca), try content(certificates.server.certificate)]
            }
            let first = try prepared(afterDays: 0)
            #expect(try prepared(afterDays: 700) == first)
            let second = try prepared(afterDays: 800)
            #expect(second[0] == first[0] && second[1] != first[1])
            let third = try prepared(afterDays: 3000)
            #expect(third[0] != first[0] && third[1] != second[1])
        }
    }

    @Test func `the certificates stay where everybody may read them, as clients do`() async throws {
        try await withTemporaryFolder { folder in
            let certificates = folder.certificates
            try certificates.prepare(for: ["localhost"])
            let files = [certificates.ca, certificates.server.certificate]
            let before = try files.map(content)
            for file in files { chmod(file, 0o644) }
            try certificates.prepare(for: ["localhost"])
            #expect(try files.map(content) == before)
        }
    }

    @Test func `a certificate is made anew for other names, and the CA stays`() async throws {
        try await withTemporaryFolder { folder in
            let certificates = folder.certificates
            try certificates.prepare(for: ["localhost", "127.0.0.1"])
            let (ca, first) = (try content(certificates.ca), try content(certificates.server.certificate))
            try certificates.prepare(for: ["127.0.0.1", "localhost", "localhost"])
            #expect(try content(certificates.server.certificate) == first)
            try certificates.prepare(for: ["localhost", "127.0.0.1", "grid"])
            #expect(try content(certificates.ca) == ca)
            #expect(try content(certificates.server.certificate) != first)
            #expect(try verifies(certificates, "-verify_hostname", "grid"))
        }
    }

    enum Damage: CaseIterable {
        case missing, garbage, readable, otherKey
    }

    @Test(arguments: Damage.allCases) func `files that cannot be trusted are made anew`(damage: Damage) async throws {
        try await withTemporaryFolder { folder in
            let certificates = folder.certificates
            for file in ["ca", "server"] {
                try certificates.prepare(for: ["localhost"])
                let key = "\(folder.path)/tls/\(file).key"
                let before = try content(key)
                switch damage {
                case .missing: try FileManager.default.removeItem(atPath: key)
                case .garbage: try PrivateFile.write("garbage", to: key)
                case .readable: chmod(key, 0o644)
                case .otherKey: try PrivateFile.write(content("\(folder.path)/tls/\(file == "ca" ? "server" : "ca").key"), to: key)
                }
                try certificates.prepare(for: ["localhost"])
                #expect(try content(key) != before)
                #expect(try mode(key) == 0o600)
                #expect(try verifies(certificates, "-verify_hostname", "localhost"))
            }
        }
    }

    @Test(arguments: ["ca", "server"]) func `a certificate that others may write to is refused`(name: String) async throws {
        try await withTemporaryFolder { folder in
            try folder.certificates.prepare(for: ["localhost"])
            let file = "\(folder.path)/tls/\(name).pem"
            chmod(file, 0o666)
            let error = #expect(throws: LocalGridError.self) { try folder.certificates.prepare(for: ["localhost"]) }
            #expect(error?.code == .folder && error?.message.contains("other users may write to \(file)") == true)
        }
    }

    @Test func `a folder with a link in it is refused`() async throws {
        try await withTemporaryFolder { folder in
            try folder.certificates.prepare(for: ["localhost"])
            let key = folder.certificates.server.key
            try FileManager.default.removeItem(atPath: key)
            try FileManager.default.createSymbolicLink(atPath: key, withDestinationPath: "/tmp/elsewhere")
            let error = #expect(throws: LocalGridError.self) { try folder.certificates.prepare(for: ["localhost"]) }
            #expect(error?.code == .folder && error?.message.contains("symbolic link") == true)
        }
    }
}
