import CRabbitMQ
import Glibc

/// How both ends of an encrypted connection prove who they are. TLS is 1.2 at least, and the broker's certificate is always verified.
///
/// The files are PEM. They are read each time that the connection is made: renewed ones are used from the next time on.
public struct TLSSettings: Hashable, Sendable, Codable {
    /// The file of the CAs, one of which has signed the broker's certificate; nil: the CAs that this machine trusts.
    public var ca: String?
    /// The file of the client's certificate, followed by those of the CAs below the one that the broker knows; nil: none.
    public var certificate: String?
    /// The file of the certificate's key, without a passphrase; nil: that of the certificate.
    public var key: String?
    /// The host name or the IP address that the broker's certificate has to have; nil: the host that the connection is made to.
    public var serverName: String?

    /// - Parameters:
    ///   - ca: the file of the CAs, one of which has signed the broker's certificate; nil: the CAs that this machine trusts.
    ///   - certificate: the file of the client's certificate; nil: none.
    ///   - key: the file of the certificate's key; nil: that of the certificate.
    ///   - serverName: the name that the broker's certificate has to have; nil: the host that the connection is made to.
    public init(ca: String? = nil, certificate: String? = nil, key: String? = nil, serverName: String? = nil) {
        self.ca = ca
        self.certificate = certificate
        self.key = key
        self.serverName = serverName
    }

    private enum CodingKeys: String, CodingKey {
        case ca, certificate, key
        case serverName = "server_name"
    }

    /// Nothing is set.
    var isEmpty: Bool { self == TLSSettings() }

    /// The user that a broker takes a client certificate for, which is most often its common name.
    ///
    /// - Parameter certificate: the certificate's file.
    static func user(of certificate: String) throws(AMQPError) -> String {
        let name = try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer throws(AMQPError) -> String? in
            let length = taskgrid_tls_common_name(certificate, buffer.baseAddress, Int32(buffer.count))
            return length > 0 ? String(validatingCString: buffer.baseAddress!) : nil
        }
        if let name, !name.isEmpty { return name }
        try requireReadable(certificate, "client certificate")
        throw AMQPError(
            .tlsRefused,
            "the client certificate \(certificate) is no PEM file of a certificate with a common name: give another, or name the user in "
                + "the broker's URL"
        )
    }

    /// Throws where a key cannot be read, is another user's, or can be read or written by others. It does with a key what the grid does with
    /// every file of a secret.
    package static func requirePrivate(_ file: String, _ what: String) throws(AMQPError) {
        try requireReadable(file, what)
        var status = stat()
        // One that is gone meanwhile is told of by its reader.
        guard stat(file, &status) == 0 else { return }
        guard status.st_uid == geteuid() else {
            throw AMQPError(
                .tlsRefused, "the \(what) \(file) belongs to another user (\(status.st_uid)): use a file of your own, or chown it")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw AMQPError(.tlsRefused, "the \(what) \(file) can be read or written by other users: chmod 600 it")
        }
    }

    /// Throws where a file cannot be read.
    static func requireReadable(_ file: String, _ what: String) throws(AMQPError) {
        guard access(file, R_OK) != 0 else { return }
        throw AMQPError(
            .tlsRefused, "the \(what) \(file) cannot be read (\(String(cString: strerror(errno)))): name a file of this machine")
    }
}
