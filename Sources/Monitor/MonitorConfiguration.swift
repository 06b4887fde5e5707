/// How the monitor is set up.
///
/// | key | what | default |
/// |---|---|---|
/// | `host` | the address that the REST interface listens on; other than loopback only where the network is trusted | `127.0.0.1` |
/// | `port` | its port, 0 to 65535; 0: a free one | `8080` |
/// | `id` | the name of its queues on the broker, one for each monitor that runs | `monitor-` and a random number |
public struct MonitorConfiguration: Hashable, Sendable {
    public static let defaultHost = "127.0.0.1"
    public static let defaultPort = 8080

    public var host: String
    public var port: Int
    public var id: String

    public init(host: String = defaultHost, port: Int = defaultPort, id: String? = nil) {
        self.host = host
        self.port = port
        self.id = id ?? "monitor-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    }
}
