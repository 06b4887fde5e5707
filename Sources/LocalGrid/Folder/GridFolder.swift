import Foundation

/// The folder that holds all a grid on this machine keeps: its store, broker, logs and what others need to reach it.
///
/// ```
/// lock           held while a grid runs
/// grid.json      how to reach the running grid (``GridFile``)
/// store.sqlite   the tasks
/// history.sqlite what the monitor remembers
/// token          the monitor's, where none is configured
/// logs/          a file for each process
/// ready/         a file for each process that is ready
/// broker/        the private RabbitMQ's own
/// ```
///
/// Only its owner may enter it.
package struct GridFolder: Hashable, Sendable {
    /// The folder's absolute path.
    package let path: String

    /// - Parameter path: absolute, or relative to the current folder; a leading `~` is the user's home.
    package init(_ path: String) {
        self.path = URL(fileURLWithPath: (path as NSString).expandingTildeInPath).standardizedFileURL.path
    }

    /// `$XDG_STATE_HOME/taskgrid`, or `~/.local/state/taskgrid`.
    package static func standard() -> GridFolder { standard(environment: ProcessInfo.processInfo.environment) }

    static func standard(environment: [String: String]) -> GridFolder {
        // The XDG base directory specification ignores a relative path.
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return GridFolder("\(state)/taskgrid") }
        // As a shell's `~`; Foundation asks the user database alone.
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? NSHomeDirectory()
        return GridFolder("\(home)/.local/state/taskgrid")
    }

    /// A command for a shell with the option that names this folder, where it is not the standard one.
    package func command(_ words: String) -> String {
        self == .standard() ? words : "\(words) --grid \(ShellWord(path))"
    }

    package var store: String { "\(path)/store.sqlite" }
    var history: String { "\(path)/history.sqlite" }
    package var logs: String { "\(path)/logs" }
    package var gridFile: String { "\(path)/grid.json" }
    var lockFile: String { "\(path)/lock" }
    var ready: String { "\(path)/ready" }
    var broker: String { "\(path)/broker" }

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

    /// Makes the folder where it is missing, and takes its lock.
    ///
    /// - Returns: the lock, which is given back when it is released or the process ends, however it ends.
    func open() throws(LocalGridError) -> FolderLock {
        try checkLength()
        for folder in [path, logs, ready, broker] { try Self.make(folder) }
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
