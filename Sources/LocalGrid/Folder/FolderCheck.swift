import Foundation
import ServiceSupport

/// Whether a folder is this user's own, so that nobody else can have put files or links into it.
enum FolderCheck {
    /// - Throws: `LocalGridError` where the folder is another user's, others may write to it, or an entry of it is a symbolic link or another
    ///   user's.
    static func check(_ folder: String) throws(LocalGridError) {
        try checkItself(folder)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] { _ = try entry("\(folder)/\(name)") }
    }

    /// The same of the folder alone, without a look at what is in it.
    static func checkItself(_ folder: String) throws(LocalGridError) {
        let status = try status(folder)
        guard status.belongsToThisUser else {
            throw error(
                "the folder \(folder) belongs to another user (\(status.owner)). That user could change what the grid keeps there",
                "chown the folder")
        }
        guard !status.othersMayWrite else {
            throw error("other users may write to the folder \(folder)", "take that away with 'chmod go-w'")
        }
    }

    /// - Throws: `LocalGridError` where a file that is there is no plain file or another user's, or others may write to it.
    static func check(_ files: [ReadFile]) throws(LocalGridError) {
        for file in files {
            guard let status = try entry(file.path) else { continue }
            guard status.isPlain else {
                throw error("\(file.path) is not a plain file. It is to hold \(file.content)", "move it away")
            }
            guard !status.othersMayWrite else {
                throw error(
                    "other users may write to \(file.path), which holds \(file.content)",
                    "see that it is right, and take that away with 'chmod go-w'")
            }
        }
    }

    /// What is at a path in a folder of the grid; nil: nothing.
    private static func entry(_ path: String) throws(LocalGridError) -> FileStatus? {
        // It can be gone by now.
        guard let entry = FileStatus(path, followsLinks: false) else { return nil }
        guard !entry.isLink else {
            throw error("\(path) is a symbolic link. The grid does not follow it", "remove it, or name its target in the settings")
        }
        guard entry.belongsToThisUser else {
            throw error("\(path) belongs to another user (\(entry.owner))", "remove it, or chown it")
        }
        return entry
    }

    /// Of the folder that a link leads to, if the link is this user's.
    private static func status(_ folder: String) throws(LocalGridError) -> FileStatus {
        if let link = FileStatus(folder, followsLinks: false), link.isLink, !link.belongsToThisUser {
            throw error(
                "the folder \(folder) is a symbolic link of another user (\(link.owner)). That user could change where it leads",
                "remove it")
        }
        guard let status = FileStatus(folder) else {
            throw LocalGridError(.folder, "cannot look at the folder \(folder) (\(String(cString: strerror(errno))))")
        }
        return status
    }

    private static func error(_ what: String, _ advice: String) -> LocalGridError {
        let advice = advice.prefix(1).uppercased() + advice.dropFirst()
        return LocalGridError(.folder, "\(what). \(advice), or choose another data folder with --data")
    }
}
