import Foundation

/// The RabbitMQ that this machine has installed.
struct BrokerInstallation: Hashable, Sendable {
    /// The server's inner script: the one in `/usr/sbin` would change user and folder.
    let server: String
    /// Erlang's port mapper, through which a broker registers its node.
    let epmd: String

    static func find() throws(LocalGridError) -> BrokerInstallation {
        let root = "/usr/lib/rabbitmq/lib"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let servers = versions.sorted { $0.compare($1, options: .numeric) == .orderedDescending }
            .map { "\(root)/\($0)/sbin/rabbitmq-server" }
        let mappers = ["/usr/bin/epmd", "/usr/local/bin/epmd"]
        guard let server = servers.first(where: isExecutable), let epmd = mappers.first(where: isExecutable) else {
            throw LocalGridError(
                .brokerMissing,
                "RabbitMQ is not installed here: 'apt-get install rabbitmq-server', or name a broker with --broker URL"
            )
        }
        return BrokerInstallation(server: server, epmd: epmd)
    }

    private static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }
}
