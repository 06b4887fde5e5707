/// How the monitor is set up.
///
/// | key | what | default |
/// |---|---|---|
/// | `host` | the address that the REST interface listens on; other than loopback only where the network is trusted | `127.0.0.1` |
/// | `port` | its port, 0 to 65535; 0: a free one | `8080` |
/// | `hosts` | the names that its page may be asked by, besides addresses, `localhost` and `host` | none |
/// | `token` | what a request must show that has something done; nil: nothing is done | nil |
/// | `protectsReading` | whether a request must show it to read, too | false |
/// | `history` | the SQLite file of its history; nil: it is kept in memory, and gone with the monitor | nil |
/// | `id` | the name of its queues on the broker, one for each monitor that runs | `monitor-` and a random number |
public struct MonitorConfiguration: Hashable, Sendable {
    public static let defaultHost = "127.0.0.1"
    public static let defaultPort = 8080

    public var host: String
    public var port: Int
    public var hosts: [String]
    public var id: String
    public var token: String?
    public var protectsReading: Bool
    public var history: String?

    public init(
        host: String = defaultHost, port: Int = defaultPort, id: String? = nil, token: String? = nil, protectsReading: Bool = false,
        history: String? = nil, hosts: [String] = []
    ) {
        self.history = history
        self.hosts = hosts
        self.token = token
        self.protectsReading = protectsReading
        self.host = host
        self.port = port
        self.id = id ?? "monitor-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    }
}
