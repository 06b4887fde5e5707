package import AMQP
import Foundation
import ServiceSupport
package import TaskGridCore

/// How to reach the grid that runs in a data folder: what `grid.json` says.
///
/// It holds the broker's password, so only its owner may read it.
package struct GridFile: Codable, Hashable, Sendable {
    /// The broker, as an `amqp://` or `amqps://` URL with user and password.
    package let amqp: String
    /// How TLS with the broker is spoken, with absolute paths; nil where the URL is `amqp://`.
    package let tls: TLSSettings?
    /// The monitor's REST interface; nil where only a broker runs.
    package let monitor: String?
    /// The broker's management interface, as a URL with user and password; nil where the grid did not start the broker.
    package let admin: String?
    /// The same of the broker's other nodes; nil where it has none.
    package let otherAdmins: [String]?
    /// The process that runs the grid.
    package let pid: Int32
    /// The prefix of the grid's names in the broker; nil where only a broker runs.
    package let prefix: String?
    /// The kind of the grid's queues; nil where only a broker runs.
    package let queueKind: Queue.Kind?
    /// The store of the tasks: a file's absolute path, or a database's URL, which may have a password; nil where only a broker runs.
    package var store: String?
    /// The file of the database's password, by its absolute path; nil: the URL has it, libpq finds it, or the store is a file.
    package var storePasswordFile: String?

    /// Whether each service logs in as a user of its own: the broker is the grid's own, and was made with these users.
    package var hasServiceUsers: Bool { admin != nil && prefix != nil }

    package init(
        amqp: String, tls: TLSSettings? = nil, monitor: String?, admin: String?, otherAdmins: [String]? = nil, pid: Int32,
        topology: Topology?, store: String? = nil, storePasswordFile: String? = nil
    ) {
        self.amqp = amqp
        self.tls = tls
        self.monitor = monitor
        self.admin = admin
        self.otherAdmins = otherAdmins
        self.pid = pid
        prefix = topology?.prefix
        queueKind = topology?.queueKind
        self.store = store
        self.storePasswordFile = storePasswordFile
    }

    private enum CodingKeys: String, CodingKey {
        case amqp, tls, monitor, admin, pid, prefix, store
        case otherAdmins = "other_admins"
        case queueKind = "queue_kind"
        case storePasswordFile = "store_password_file"
    }

    /// Reads the file of the grid that runs in `folder`.
    ///
    /// - Parameter folder: the data folder.
    /// - Throws: `SettingError` where no grid runs there (`notRunning`), the file cannot be read (`unreadable`), or another user could have
    ///   written it (`distrusted`): tasks would go to that user's broker.
    package static func read(from folder: GridFolder) throws(SettingError) -> GridFile {
        let file: GridFile
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: folder.gridFile))
            try checkTrust(handle, folder)
            file = try JSONDecoder().decode(GridFile.self, from: handle.readToEnd() ?? Data())
        } catch let error as SettingError {
            throw error
        } catch is DecodingError {
            throw SettingError(.unreadable, "\(folder.gridFile) is damaged: remove it and start the grid again")
        } catch {
            let code = Errno.ofReading(folder.gridFile)
            if code == ENOENT {
                throw SettingError(.notRunning, "no grid runs in \(folder.path); start one: \(folder.command("taskgrid up"))")
            }
            let reason = code == 0 ? Errno.reason(of: error) : Errno.text(code)
            let advice =
                switch code {
                case EACCES: "is it another user's grid?"
                case EISDIR: "remove that folder, and start the grid again"
                default: "choose another folder with --grid"
                }
            throw SettingError(.unreadable, "cannot read \(folder.gridFile) (\(reason)): \(advice)")
        }
        guard kill(file.pid, 0) == 0 || errno == EPERM else {
            throw SettingError(
                .notRunning,
                """
                the grid in \(folder.path) (process \(file.pid)) ended without being stopped; \
                start it again: \(folder.command("taskgrid up"))
                """
            )
        }
        return file
    }

    private static func checkTrust(_ file: FileHandle, _ folder: GridFolder) throws(SettingError) {
        guard let status = FileStatus(file.fileDescriptor) else {
            throw SettingError(.unreadable, "cannot look at \(folder.gridFile) (\(Errno.current)): choose another folder with --grid")
        }
        guard let fault = FileTrust.fault(of: status, folder.gridFile) ?? FileTrust.fault(of: folder.path) else { return }
        throw SettingError(
            .distrusted,
            "\(folder.gridFile) is not used, because its broker could be somebody else's: \(fault). Name the broker with --broker, or a "
                + "folder of your own with --grid")
    }
}
