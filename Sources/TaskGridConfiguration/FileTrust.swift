import Foundation

/// Whether nobody but this user and root can have written a file, or put one into a folder.
package enum FileTrust {
    /// The most links one after the other, as Linux has it.
    private static let maximumLinks = 40

    /// Why somebody else could have; nil: nobody else could, or there is no such file.
    package static func fault(of path: String) -> String? {
        var status = stat()
        let isThere = stat(path, &status) == 0
        // The folders above it are not looked at, whether or not a link leads to it.
        if let fault = linkFault(of: path, toFolder: isThere && status.st_mode & S_IFMT == S_IFDIR) { return fault }
        return isThere ? fault(of: status, path) : nil
    }

    /// The same of a file that is open.
    static func fault(of status: stat, _ path: String) -> String? {
        foreignOwner(status, path) ?? (status.st_mode & 0o022 == 0 ? nil : othersMayWrite(path))
    }

    /// Why somebody else could have chosen what a symbolic link leads to: whoever owns a link says where it leads, and so does whoever may
    /// replace the files of the folder that it leads into.
    ///
    /// - Parameters:
    ///   - path: the file, which may be a link or none.
    ///   - toFolder: it leads to a folder, and the folders that such a one is in do not count.
    package static func linkFault(of path: String, toFolder: Bool = false) -> String? {
        // With a slash at its end a link would be followed.
        var path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        var status = stat()
        for _ in 0..<maximumLinks {
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return nil }
            if let fault = foreignOwner(status, path) { return fault }
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { return nil }
            let folder = (path as NSString).deletingLastPathComponent
            path = target.hasPrefix("/") || folder.isEmpty ? target : "\(folder)/\(target)"
            if !toFolder, let fault = folderFault(of: (path as NSString).deletingLastPathComponent) { return fault }
        }
        return nil
    }

    /// In a folder with the sticky bit, such as `/tmp`, everybody replaces their own files alone.
    private static func folderFault(of folder: String) -> String? {
        let folder = folder.isEmpty ? "." : folder
        var status = stat()
        guard stat(folder, &status) == 0 else { return nil }
        return foreignOwner(status, folder)
            ?? (status.st_mode & 0o022 == 0 || status.st_mode & S_ISVTX != 0 ? nil : othersMayWrite(folder))
    }

    private static func othersMayWrite(_ path: String) -> String { "other users may write to \(path)" }

    private static func foreignOwner(_ status: stat, _ path: String) -> String? {
        status.st_uid == geteuid() || status.st_uid == 0 ? nil : "\(path) belongs to another user (\(status.st_uid))"
    }
}
