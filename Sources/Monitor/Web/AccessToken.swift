import Crypto
import WebSupport

/// A token that the monitor takes: whose it is, and the SHA-256 of its secret.
struct AccessToken: Hashable, Sendable {
    typealias Digest = [UInt8]

    let caller: Caller
    let digest: Digest

    init(_ caller: Caller, digest: Digest) {
        self.caller = caller
        self.digest = digest
    }

    /// A token that may have everything done, as the configuration names one.
    init(named name: String, secret: String) {
        self.init(Caller(name: name, roles: [.operator, .submitter]), digest: Self.digest(of: secret))
    }

    static func digest(of secret: String) -> Digest { Array(SHA256.hash(data: Array(secret.utf8))) }

    /// Whether the digest is this token's, in a time that does not tell how much of it is.
    func matches(_ digest: Digest) -> Bool {
        guard digest.count == self.digest.count else { return false }
        return zip(digest, self.digest).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
