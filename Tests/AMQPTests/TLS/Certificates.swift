import AMQP
import Foundation

/// Certificates of a test's own, made with `openssl` in a folder: each a file of the certificate and one of its key.
struct Certificates: Sendable {
    /// The names in every server's certificate.
    static let serverNames = "subjectAltName=DNS:localhost,IP:127.0.0.1"

    let folder: String

    init(in folder: String) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    func certificate(_ file: String) -> String { "\(folder)/\(file).pem" }
    func key(_ file: String) -> String { "\(folder)/\(file).key" }

    /// Makes a certificate that has signed itself, as a CA's has.
    func makeAuthority(_ file: String) async throws {
        try await openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=\(file)", "-out", certificate(file), "-keyout", key(file)] + Self.newKey)
    }

    /// Makes a certificate.
    ///
    /// - Parameters:
    ///   - file: the names of its files, without their ends.
    ///   - name: its common name.
    ///   - authority: the files of the CA that signs it.
    ///   - days: how long it is valid; below 0: it has expired.
    ///   - names: its other names.
    func make(
        _ file: String, name: String, by authority: String = "ca", days: Int = 2, names: String = Certificates.serverNames
    ) async throws {
        let request = "\(folder)/\(file).csr"
        try await openssl(
            ["req", "-new", "-subj", "/CN=\(name)", "-addext", names, "-out", request, "-keyout", key(file)] + Self.newKey)
        try await openssl([
            "x509", "-req", "-in", request, "-CA", certificate(authority), "-CAkey", key(authority), "-days", "\(days)",
            "-copy_extensions", "copy", "-out", certificate(file),
        ])
    }

    /// Puts the files of one certificate in the place of another's.
    func replace(_ file: String, with other: String) throws {
        for path in [certificate, key] {
            let new = try Data(contentsOf: URL(fileURLWithPath: path(other)))
            try new.write(to: URL(fileURLWithPath: path(file)), options: .atomic)
            chmod(path(file), 0o600)
        }
    }

    /// Encrypts a key with a passphrase.
    func encryptKey(_ file: String, to other: String) async throws {
        try await openssl(["ec", "-in", key(file), "-aes128", "-passout", "pass:secret", "-out", key(other)])
        chmod(key(other), 0o600)
    }

    /// The settings of a client that trusts `ca`, with a certificate or without.
    func settings(_ file: String? = nil, ca: String = "ca", serverName: String? = nil) -> TLSSettings {
        TLSSettings(ca: certificate(ca), certificate: file.map(certificate), key: file.map(key), serverName: serverName)
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    private func openssl(_ arguments: [String]) async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        let status = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        guard status == 0 else { throw Failed(arguments: arguments, status: status) }
    }

    struct Failed: Error {
        let arguments: [String]
        let status: Int32
    }
}
