import Foundation
import ServiceSupport
import TaskGridConfiguration

/// The system's user that a private database runs as: this process's, unless that is root, which PostgreSQL refuses. Then it is `postgres`,
/// which Debian's package makes.
struct DatabaseAccount: Hashable, Sendable {
    private static let name = "postgres"
    private static let setpriv = "/usr/bin/setpriv"

    let user: uid_t
    let group: gid_t
    /// It is another than this process's.
    let isOther: Bool

    /// - Throws: `LocalGridError` where this is root, and there is no user `postgres`.
    static func find() throws(LocalGridError) -> DatabaseAccount {
        guard geteuid() == 0 else { return DatabaseAccount(user: geteuid(), group: getegid(), isOther: false) }
        guard let entry = getpwnam(name), access(setpriv, X_OK) == 0 else {
            throw LocalGridError(
                .databaseMissing,
                "PostgreSQL does not run as root, and there is no user '\(name)' with \(setpriv) here: install postgresql-15, or become "
                    + "another user")
        }
        return DatabaseAccount(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid, isOther: true)
    }

    /// A program and its arguments, run as this user. It gets the signal `orphaned` when this process dies: the kernel forgets an earlier
    /// one when the user changes.
    func command(_ program: String, _ arguments: [String], orphaned: String = "KILL") -> (executable: String, arguments: [String]) {
        guard isOther else { return (program, arguments) }
        let change = ["--reuid", String(user), "--regid", String(group), "--clear-groups", "--pdeathsig", orphaned, "--"]
        return (Self.setpriv, change + [program] + arguments)
    }

    /// Makes a folder that belongs to this user alone.
    func makeFolder(_ path: String) throws(LocalGridError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Self.error("make the folder", path) }
        // In a folder of this process's user, who alone can put another in its place.
        guard !isOther || lchown(path, user, group) == 0 else { throw Self.error("change the owner of", path) }
    }

    /// Writes a file that belongs to this user alone.
    func write(_ data: Data, to path: String) throws(LocalGridError) {
        do {
            try PrivateFile.write(data, to: path, owner: isOther ? (user, group) : nil)
        } catch {
            throw LocalGridError(.folder, "cannot write \(path) (\(Errno.reason(of: error)))")
        }
    }

    /// Lets this user go through a folder of this process's own to the folders of its own. It can list nothing there.
    func letThrough(_ path: String) throws(LocalGridError) {
        guard !isOther || chmod(path, 0o711) == 0 else { throw Self.error("change the mode of", path) }
    }

    /// - Throws: `LocalGridError` where this user cannot go through a folder on the way to `path`.
    func checkReach(_ path: String) throws(LocalGridError) {
        guard isOther else { return }
        var parent = URL(filePath: path).standardizedFileURL
        while parent.path != "/" {
            parent.deleteLastPathComponent()
            guard let status = FileStatus(parent.path) else { throw Self.error("look at", parent.path) }
            let mode = status.owner == user ? S_IXUSR : status.group == group ? S_IXGRP : S_IXOTH
            guard status.mode & mode != 0 else {
                throw LocalGridError(
                    .folder,
                    "the database runs as the user '\(Self.name)', which cannot enter \(parent.path): 'chmod o+x' it, or choose "
                        + "another folder")
            }
        }
    }

    private static func error(_ what: String, _ path: String) -> LocalGridError {
        LocalGridError(.folder, "cannot \(what) \(path) (\(Errno.current))")
    }
}
