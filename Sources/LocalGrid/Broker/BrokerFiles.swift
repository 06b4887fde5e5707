import Foundation
import TaskGridConfiguration

/// The files of a private broker, in a folder of its own.
struct BrokerFiles: Hashable, Sendable {
    let folder: String

    var configuration: String { "\(folder)/rabbitmq.conf" }
    var advanced: String { "\(folder)/advanced.config" }
    var plugins: String { "\(folder)/enabled_plugins" }
    var definitions: String { "\(folder)/definitions.json" }
    var password: String { "\(folder)/password" }
    var pid: String { "\(folder)/pid" }
    var data: String { "\(folder)/mnesia" }
    var home: String { "\(folder)/home" }
    /// Asks for the data to be taken away before the next start.
    var wipe: String { "\(folder)/wipe" }

    func wipeIfMarked() throws {
        guard access(wipe, F_OK) == 0 else { return }
        if access(data, F_OK) == 0 { try FileManager.default.removeItem(atPath: data) }
        try FileManager.default.createDirectory(
            atPath: data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]
        )
        try FileManager.default.removeItem(atPath: wipe)
    }

    /// Writes all that the broker reads, and makes its password at the first time. `seen` is the grid's folder as the broker finds it.
    ///
    /// - Returns: the password.
    func prepare(amqp: Int, management: Int, seen: GridFolder, maximumMessageSize: Int? = nil) throws(LocalGridError) -> String {
        do {
            for folder in [home, data] {
                try FileManager.default.createDirectory(
                    atPath: folder,
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700]
                )
            }
            let secret = try existingPassword() ?? BrokerDefinitions.newPassword()
            try PrivateFile.write(secret, to: password)
            try PrivateFile.write(BrokerDefinitions.json(password: secret), to: definitions)
            try PrivateFile.write("[rabbitmq_management].\n", to: plugins)
            try PrivateFile.write("[].\n", to: advanced)
            let limit = maximumMessageSize.map { "max_message_size = \($0)\n" } ?? ""
            try PrivateFile.write(settings(amqp: amqp, management: management, seen: seen) + limit, to: configuration)
            return secret
        } catch {
            throw LocalGridError(.folder, "cannot write the broker's files in \(folder) (\(Errno.reason(of: error)))")
        }
    }

    /// The password of the last start, so that those who hold it can go on using it.
    private func existingPassword() throws -> String? {
        guard access(password, F_OK) == 0 else { return nil }
        let text = try String(contentsOfFile: password, encoding: .utf8)
        return text.count >= 32 && text.allSatisfy(\.isHexDigit) ? text : nil
    }

    /// The disk alarm comes well before the disk is full: at RabbitMQ's own 50 MB it may be too late for a burst.
    private func settings(amqp: Int, management: Int, seen: GridFolder) -> String {
        """
        listeners.tcp.1 = 127.0.0.1:\(amqp)
        management.tcp.ip = 127.0.0.1
        management.tcp.port = \(management)
        load_definitions = \(BrokerFiles(folder: seen.broker).definitions)
        disk_free_limit.absolute = 512MB
        vm_memory_high_watermark.relative = 0.4
        log.dir = \(seen.logs)
        log.file = broker.log
        log.file.level = info
        log.file.rotation.size = 10485760
        log.file.rotation.count = 2
        log.console = false

        """
    }
}
