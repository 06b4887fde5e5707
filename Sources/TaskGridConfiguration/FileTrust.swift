import Foundation

/// Whether nobody but this user and root can have written a file, or put one into a folder.
enum FileTrust {
    /// Why somebody else could have; nil: nobody else could, or there is no such file.
    static func fault(of path: String) -> String? {
        var status = stat()
        // Whoever owns a link says where it leads.
        if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK, let fault = foreignOwner(status, path) { return fault }
        guard stat(path, &status) == 0 else { return nil }
        return fault(of: status, path)
    }

    /// The same of a file that is open.
    static func fault(of status: stat, _ path: String) -> String? {
        foreignOwner(status, path) ?? (status.st_mode & 0o022 == 0 ? nil : "other users may write to \(path)")
    }

    private static func foreignOwner(_ status: stat, _ path: String) -> String? {
        status.st_uid == geteuid() || status.st_uid == 0 ? nil : "\(path) belongs to another user (\(status.st_uid))"
    }
}
