import Foundation
import TaskGridConfiguration

/// Holds a data folder for one grid, by `flock(2)`: the kernel gives it back however the process ends.
final class FolderLock: Sendable {
    private let descriptor: Int32

    init(_ folder: GridFolder) throws(LocalGridError) {
        let opened = open(folder.lockFile, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else {
            throw LocalGridError(.folder, "cannot open \(folder.lockFile) (\(Errno.current)): choose another data folder with --data")
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(opened)
            guard code == EWOULDBLOCK else {
                throw LocalGridError(.folder, "cannot lock \(folder.lockFile) (\(Errno.text(code))): is it on a network file system?")
            }
            let holder = (try? GridFile.read(from: folder)).map { " (process \($0.pid))" } ?? ""
            throw LocalGridError(
                .folderInUse,
                "another grid\(holder) runs in \(folder.path): stop it, or choose another data folder with --data"
            )
        }
        descriptor = opened
    }

    deinit {
        // Closing alone leaves it to a child that has a copy until it becomes its program.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
