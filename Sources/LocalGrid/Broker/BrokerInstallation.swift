import Foundation

/// The RabbitMQ that a private broker is.
struct BrokerInstallation: Hashable, Sendable {
    /// The folder of its scripts. The server's is the inner one: that in `/usr/sbin` would change user and folder.
    let scripts: String
    /// Erlang's port mapper, through which a broker registers its node.
    let epmd: String

    var server: String { "\(scripts)/rabbitmq-server" }
    var control: String { "\(scripts)/rabbitmqctl" }

    /// Finds one.
    ///
    /// - Parameter folder: the folder of a RabbitMQ, with `sbin` in it; nil: that which this machine has installed, the newest of several.
    /// - Throws: `LocalGridError` where there is none.
    static func find(in folder: String? = nil) throws(LocalGridError) -> BrokerInstallation {
        let mappers = ["/usr/bin/epmd", "/usr/local/bin/epmd"]
        guard let epmd = mappers.first(where: isExecutable) else {
            throw LocalGridError(
                .brokerMissing, "Erlang's epmd is not installed here: 'apt-get install erlang-base', or name a broker with --broker URL")
        }
        if let folder {
            let scripts = "\(URL(filePath: folder).standardizedFileURL.path)/sbin"
            let installation = BrokerInstallation(scripts: scripts, epmd: epmd)
            guard isExecutable(installation.server) else {
                throw LocalGridError(.brokerMissing, "there is no RabbitMQ in \(folder): it has no program sbin/rabbitmq-server")
            }
            return installation
        }
        let root = "/usr/lib/rabbitmq/lib"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let found = versions.sorted { $0.compare($1, options: .numeric) == .orderedDescending }
            .map { BrokerInstallation(scripts: "\(root)/\($0)/sbin", epmd: epmd) }
        guard let installation = found.first(where: { isExecutable($0.server) }) else {
            throw LocalGridError(
                .brokerMissing,
                "RabbitMQ is not installed here: 'apt-get install rabbitmq-server', or name a broker with --broker URL"
            )
        }
        return installation
    }

    private static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }
}
