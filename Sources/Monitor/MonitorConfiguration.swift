package import ServiceSupport

/// How the monitor is set up.
///
/// | key | what | default |
/// |---|---|---|
/// | `host` | the address that the REST interface listens on; other than loopback only where the network is trusted | `127.0.0.1` |
/// | `port` | its port, 0 to 65535; 0: a free one | `8080` |
/// | `hosts` | the names that its page may be asked by, besides addresses, `localhost` and `host` | none |
/// | `certificate` | the certificate that its REST interface shows; nil: it speaks plain HTTP | nil |
/// | `token` | a token that may have everything done; without any token nothing is done | nil |
/// | `tokenFile` | a file with such a token | nil |
/// | `tokensFile` | a file of tokens with roles, see ``TokensFile`` | nil |
/// | `protectsReading` | whether a request must show a token to read, too | false |
/// | `auditFile` | the file to which each action is appended; nil: the service's log alone has them | nil |
/// | `history` | the SQLite file of its history; nil: it is kept in memory, and gone with the monitor | nil |
/// | `thresholds` | from where on failures, waiting tasks and a backlog are alerts | see ``AlertThresholds`` |
/// | `id` | the name of its queues on the broker, one for each monitor that runs | `monitor-` and a random number |
package struct MonitorConfiguration: Hashable, Sendable {
    package static let defaultHost = "127.0.0.1"
    package static let defaultPort = 8080

    package var host: String
    package var port: Int
    package var hosts: [String]
    package var certificate: CertificateFiles?
    package var id: String
    package var token: String?
    package var tokenFile: String?
    package var tokensFile: String?
    package var protectsReading: Bool
    package var auditFile: String?
    package var history: String?
    package var thresholds: AlertThresholds

    package init(
        host: String = defaultHost, port: Int = defaultPort, id: String? = nil, token: String? = nil, protectsReading: Bool = false,
        history: String? = nil, hosts: [String] = [], thresholds: AlertThresholds = AlertThresholds()
    ) {
        self.thresholds = thresholds
        self.history = history
        self.hosts = hosts
        self.token = token
        self.protectsReading = protectsReading
        self.host = host
        self.port = port
        self.id = id ?? "monitor-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    }
}
