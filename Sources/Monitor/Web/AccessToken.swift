import Crypto
import WebSupport

/// A token that the monitor takes: whose it is, and the SHA-256 of its secret.
struct AccessToken: Hashable, Sendable {
    typealias Digest = SHA256Digest

    let caller: Caller
    /// The bytes of the digest: a file may have them alone, and `Crypto` makes no digest of bytes.
    let digest: [UInt8]

    init(_ caller: Caller, digest: some Sequence<UInt8>) {
        self.caller = caller
        self.digest = Array(digest)
    }

    /// A token that may have everything done, as the configuration names one.
    init(named name: String, secret: String) {
        self.init(Caller(name: name, roles: [.operator, .submitter]), digest: Self.digest(of: secret))
    }

    static func digest(of secret: String) -> Digest { SHA256.hash(data: Array(secret.utf8)) }

    /// Whether the digest is this token's. `Crypto` compares in a time that does not tell how much of it is.
    func matches(_ digest: Digest) -> Bool { digest == self.digest }
}
