/// The files of a server's certificate, both PEM.
package struct CertificateFiles: Hashable, Sendable {
    /// The file of the certificate, followed by those of the CAs between it and the one that clients know.
    package var certificate: String
    /// The file of its key, without a passphrase, which only its owner may read.
    package var key: String

    /// - Parameters:
    ///   - certificate: the file of the certificate, and of the CAs between it and the one that clients know.
    ///   - key: the file of its key, without a passphrase.
    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}
