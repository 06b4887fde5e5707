import Crypto
package import Foundation
package import ServiceSupport
import SwiftASN1
import TaskGridConfiguration
import X509

/// The certificates of a grid on one machine: a private CA, and one certificate that the private broker and all services show.
///
/// The CA stays the same as long as it lives, for those who trust it. The certificate is made anew, with a new key, once it would soon expire
/// or has other names than it should have.
package struct GridCertificates: Hashable, Sendable {
    /// The names by which a grid is reached on its own machine.
    static let loopback = ["localhost", "127.0.0.1", "::1"]

    private static let day: TimeInterval = 24 * 60 * 60
    private static let authorityLifetime = 3650 * day
    /// The longest that all programs take.
    private static let lifetime = 825 * day
    /// The time that a certificate must still be valid at a start.
    private static let leastLeft = 90 * day

    private let folder: String

    /// - Parameter folder: the folder of its files.
    package init(in folder: String) {
        self.folder = folder
    }

    /// The file of the CA's certificate, for those who connect.
    package var ca: String { authority.certificate }
    /// The files of the certificate, for those who listen.
    package var server: CertificateFiles { files("server") }

    private var authority: CertificateFiles { files("ca") }

    private func files(_ name: String) -> CertificateFiles {
        CertificateFiles(certificate: "\(folder)/\(name).pem", key: "\(folder)/\(name).key")
    }

    /// Makes what is missing, damaged or too old, and each key that others may read.
    ///
    /// - Parameters:
    ///   - names: the host names and IP addresses of the certificate.
    ///   - now: the time.
    /// - Throws: `LocalGridError` where the folder cannot be used.
    package func prepare(for names: [String], at now: Date = Date()) throws(LocalGridError) {
        do {
            try GridFolder.make(folder)
            try FolderCheck.check(folder)
            try FolderCheck.check([
                ReadFile(ca, "the certificate of the grid's CA"), ReadFile(server.certificate, "the grid's certificate"),
            ])
            let (issuer, isNew) = try keptOrNewAuthority(at: now)
            if isNew { try issuer.write(to: authority) }
            let names = Set(names.map(Self.name))
            if let kept = IssuedCertificate(server), kept.isOf(issuer), kept.names == names, kept.isValid(for: Self.leastLeft, at: now) {
                return
            }
            try Self.certificate(for: names, by: issuer, at: now).write(to: server)
        } catch let error as LocalGridError {
            throw error
        } catch {
            throw LocalGridError(.folder, "cannot make the certificates in \(folder) (\(Errno.reason(of: error)))")
        }
    }

    /// The CA of the last start, which must outlive what it signs now, or a new one.
    private func keptOrNewAuthority(at now: Date) throws -> (IssuedCertificate, isNew: Bool) {
        if let kept = IssuedCertificate(authority), kept.isOf(kept), kept.isValid(for: Self.lifetime, at: now) { return (kept, false) }
        let key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(key.publicKey)
        // No two CAs have one name, so that a client with an earlier one sees that this is another.
        let name = try DistinguishedName { CommonName("taskgrid CA \(UUID().uuidString.prefix(8))") }
        let extensions = try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
            Critical(KeyUsage(keyCertSign: true))
            SubjectKeyIdentifier(hash: publicKey)
        }
        let certificate = try Self.issue(
            for: publicKey, named: name, lifetime: Self.authorityLifetime, at: now, extensions,
            signedBy: (name, Certificate.PrivateKey(key)))
        return (IssuedCertificate(certificate: certificate, key: key), true)
    }

    private static func certificate(for names: Set<GeneralName>, by issuer: IssuedCertificate, at now: Date) throws -> IssuedCertificate {
        let key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(key.publicKey)
        let extensions = try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true))
            try ExtendedKeyUsage([.serverAuth])
            SubjectAlternativeNames(names)
            SubjectKeyIdentifier(hash: publicKey)
            AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: issuer.certificate.publicKey).keyIdentifier)
        }
        let certificate = try issue(
            for: publicKey, named: try DistinguishedName { CommonName("taskgrid") }, lifetime: lifetime, at: now, extensions,
            signedBy: (issuer.certificate.subject, Certificate.PrivateKey(issuer.key)))
        return IssuedCertificate(certificate: certificate, key: key)
    }

    private static func issue(
        for key: Certificate.PublicKey, named name: DistinguishedName, lifetime: TimeInterval, at now: Date,
        _ extensions: Certificate.Extensions, signedBy issuer: (name: DistinguishedName, key: Certificate.PrivateKey)
    ) throws -> Certificate {
        try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key,
            // Another machine's clock may be behind.
            notValidBefore: now.addingTimeInterval(-day), notValidAfter: now.addingTimeInterval(lifetime), issuer: issuer.name,
            subject: name,
            extensions: extensions, issuerPrivateKey: issuer.key)
    }

    private static func name(_ text: String) -> GeneralName {
        for (family, length) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: length)
            if inet_pton(family, text, &bytes) == 1 { return .ipAddress(ASN1OctetString(contentBytes: bytes[...])) }
        }
        return .dnsName(text)
    }
}

/// A certificate and its key.
private struct IssuedCertificate {
    let certificate: Certificate
    let key: P256.Signing.PrivateKey

    init(certificate: Certificate, key: P256.Signing.PrivateKey) {
        self.certificate = certificate
        self.key = key
    }

    /// nil where a file is missing or damaged, others may read the key, or it is another certificate's. Anybody may read a certificate.
    init?(_ files: CertificateFiles) {
        guard let text = try? String(contentsOfFile: files.certificate, encoding: .utf8),
            let certificate = try? Certificate(pemEncoded: text),
            let secret = try? PrivateFile.read(files.key), let key = try? P256.Signing.PrivateKey(pemRepresentation: secret),
            certificate.publicKey == Certificate.PublicKey(key.publicKey)
        else { return nil }
        self.init(certificate: certificate, key: key)
    }

    var names: Set<GeneralName> { Set((try? certificate.extensions.subjectAlternativeNames) ?? SubjectAlternativeNames()) }

    func isOf(_ issuer: IssuedCertificate) -> Bool {
        certificate.issuer == issuer.certificate.subject
            && issuer.certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
    }

    func isValid(for time: TimeInterval, at now: Date) -> Bool {
        certificate.notValidBefore <= now && certificate.notValidAfter > now.addingTimeInterval(time)
    }

    func write(to files: CertificateFiles) throws {
        try PrivateFile.write(key.pemRepresentation, to: files.key)
        try PrivateFile.write(certificate.serializeAsPEM().pemString, to: files.certificate)
    }
}
