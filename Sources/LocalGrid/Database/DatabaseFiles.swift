import Foundation
import ServiceSupport
import TaskGridConfiguration

/// The files of a private database, in a folder of its own: `data` and `run` belong to the user that the server runs as, the rest to this
/// process's.
struct DatabaseFiles: Hashable, Sendable {
    /// The database's only role, its superuser.
    static let user = "taskgrid"

    let folder: String
    let account: DatabaseAccount

    var data: String { "\(folder)/data" }
    /// The socket's folder, and files that the server reads.
    var run: String { "\(folder)/run" }
    var log: String { "\(folder)/postgresql.log" }
    /// libpq's password file, for those who connect.
    var passfile: String { "\(folder)/pgpass" }
    /// The role's password, one line without its end.
    var password: String { "\(folder)/password" }
    private var initialPassword: String { "\(run)/password" }
    private var serverPassfile: String { "\(run)/pgpass" }
    private var settings: String { "\(data)/taskgrid.conf" }
    private var standbySignal: String { "\(data)/standby.signal" }

    /// Made once the cluster is whole: `initdb` and `pg_basebackup` may have been killed half-way.
    private var mark: String { Self.mark(in: folder) }
    private static func mark(in folder: String) -> String { "\(folder)/complete" }

    /// Whether a whole cluster is here.
    var isThere: Bool { Self.isThere(in: folder) }
    static func isThere(in folder: String) -> Bool { access(mark(in: folder), F_OK) == 0 }

    /// The socket's folder, where its path is short enough for a socket (unix(7)); empty: no socket.
    var socketFolder: String { run.utf8.count + "/.s.PGSQL.65535.lock".utf8.count <= 107 ? run : "" }

    /// The same as the server's settings have it, which are a list.
    var socketSetting: String { socketFolder.isEmpty ? "" : "\"\(socketFolder.replacing("\"", with: "\"\""))\"" }

    /// Makes the folders.
    func makeFolders() throws(LocalGridError) {
        try GridFolder.make(folder)
        try FolderCheck.checkItself(folder)
        try account.letThrough(folder)
        try account.checkReach(data)
        try account.makeFolder(data)
        try account.makeFolder(run)
    }

    /// Takes away what is left of a cluster that was never whole.
    func clear() throws(LocalGridError) {
        do {
            try FileManager.default.removeItem(atPath: data)
        } catch {
            throw LocalGridError(.folder, "cannot remove \(data) (\(Errno.reason(of: error)))")
        }
        try account.makeFolder(data)
    }

    func markComplete() throws(LocalGridError) {
        do {
            try PrivateFile.write("", to: mark)
        } catch {
            throw LocalGridError(.folder, "cannot write \(mark) (\(Errno.reason(of: error)))")
        }
    }

    /// Makes the role's password at the first time, or takes another database's.
    ///
    /// - Parameter primary: the database that this one replicates.
    /// - Returns: the file from which `initdb` reads it, which is to be removed afterwards.
    func preparePassword(of primary: DatabaseFiles? = nil) throws(LocalGridError) -> String {
        do {
            let secret = try (primary ?? self).keptPassword() ?? BrokerDefinitions.newPassword()
            try PrivateFile.write(secret, to: password)
            try PrivateFile.write("*:*:*:\(Self.user):\(secret)\n", to: passfile)
            try account.write(Data("*:*:*:\(Self.user):\(secret)\n".utf8), to: serverPassfile)
            try account.write(Data(secret.utf8), to: initialPassword)
        } catch let error as LocalGridError {
            throw error
        } catch {
            throw LocalGridError(.folder, "cannot write the database's password to \(folder) (\(Errno.reason(of: error)))")
        }
        return initialPassword
    }

    /// The password of an earlier start; nil where there was none. A whole cluster has one: a new one would fit its role no more.
    private func keptPassword() throws(LocalGridError) -> String? {
        do throws(PrivateFile.Failure) {
            return try PrivateFile.read(password)
        } catch {
            guard error.isMissing, !isThere else {
                throw LocalGridError(.folder, "the database's password \(error); or remove \(folder), and its data with it")
            }
            return nil
        }
    }

    func removeInitialPassword() { unlink(initialPassword) }

    /// Has the server read ``settings`` after its own file.
    func includeSettings() throws(LocalGridError) {
        let path = "\(data)/postgresql.conf"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw LocalGridError(.folder, "cannot read \(path) (\(Errno.current))")
        }
        let line = "include_if_exists 'taskgrid.conf'\n"
        if !text.hasSuffix(line) { try account.write(Data("\(text)\n\(line)".utf8), to: path) }
    }

    /// Writes the server's settings over those of an earlier start.
    func write(_ values: [String: String]) throws(LocalGridError) {
        let lines = values.sorted { $0.key < $1.key }.map { name, value in
            "\(name) = '\(value.replacing("\\", with: "\\\\").replacing("'", with: "''"))'\n"
        }
        try account.write(Data(lines.joined().utf8), to: settings)
    }

    /// Makes the cluster a standby at its next start.
    func markStandby() throws(LocalGridError) { try account.write(Data(), to: standbySignal) }

    /// How a standby reaches its primary. The password is in a file.
    func primaryConnection(port: Int, name: String) -> String {
        func quoted(_ text: String) -> String { "'\(text.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'" }
        return "host=127.0.0.1 port=\(port) user=\(Self.user) passfile=\(quoted(serverPassfile)) application_name=\(quoted(name))"
    }
}
