import Foundation
import TaskGridConfiguration

extension GridFolder {
    var history: String { "\(path)/history.sqlite" }
    /// The monitor's log of actions.
    package var audit: String { "\(path)/audit.jsonl" }
    package var logs: String { "\(path)/logs" }
    var lockFile: String { "\(path)/lock" }
    var ready: String { "\(path)/ready" }
    var broker: String { "\(path)/broker" }
    /// The folder of the private PostgreSQL.
    var database: String { "\(path)/database" }
    /// Whether a private PostgreSQL was made here, by this start or an earlier one.
    package var hasDatabase: Bool { DatabaseFiles.isThere(in: database) }
    /// The file of the password of a user of the private broker.
    package func password(of user: String) -> String { BrokerFiles(folder: broker).password(of: user) }
    /// The file of what each user of the private broker may do.
    package var rights: String { BrokerFiles(folder: broker).rights }
    var certificates: GridCertificates { GridCertificates(in: "\(path)/tls") }

    func log(of process: String) -> String { "\(logs)/\(process).log" }
    func readyFile(of process: String) -> String { "\(ready)/\(process)" }

    /// The longest path in bytes: SQLite takes 512 with a file's name.
    static let maximumLength = 480

    /// The folder as a process that works in it finds it. RabbitMQ's scripts and settings file do not take every character, so a path with
    /// others than ASCII letters, digits and `/._-` becomes the kernel's name of the working directory.
    var seenFromWithin: GridFolder {
        let isPlain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "/._-".utf8.contains(byte)
            }
        }
        let workingDirectory = "/proc/self/cwd"
        return isPlain || access(workingDirectory, F_OK) != 0 ? self : GridFolder(workingDirectory)
    }

    /// - Throws: `LocalGridError` where the path is longer than SQLite takes.
    func checkLength() throws(LocalGridError) {
        guard path.utf8.count > Self.maximumLength else { return }
        throw LocalGridError(
            .folder,
            "the data folder's path has \(path.utf8.count) bytes, and SQLite takes \(Self.maximumLength) at most: choose another with --data"
        )
    }

    /// Makes the folder where it is missing, sees that it and the files that are read there are this user's alone, and takes its lock.
    ///
    /// - Returns: the lock, which is given back when it is released or the process ends, however it ends.
    func open() throws(LocalGridError) -> FolderLock {
        try checkLength()
        for folder in [path, logs, ready, broker] {
            try Self.make(folder)
            try FolderCheck.check(folder)
        }
        try FolderCheck.check(readFiles)
        return try FolderLock(self)
    }

    static func make(_ folder: String) throws(LocalGridError) {
        guard makeWithParents(folder) else {
            throw LocalGridError(.folder, "cannot make the folder \(folder) (\(Errno.current)): choose another data folder with --data")
        }
        guard access(folder, R_OK | W_OK | X_OK) == 0 else {
            throw LocalGridError(.folder, "cannot write to the folder \(folder) (\(Errno.current)): choose another data folder with --data")
        }
    }

    /// As `mkdir -p` does, all for the owner alone; where it fails, `errno` says why, which Foundation would not.
    private static func makeWithParents(_ folder: String) -> Bool {
        if mkdir(folder, 0o700) == 0 { return true }
        switch errno {
        case EEXIST:
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue { return true }
            errno = ENOTDIR
            return false
        case ENOENT:
            let parent = (folder as NSString).deletingLastPathComponent
            return parent != folder && makeWithParents(parent) && mkdir(folder, 0o700) == 0
        default:
            return false
        }
    }
}
