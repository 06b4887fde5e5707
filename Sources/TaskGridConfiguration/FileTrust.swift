import Foundation
package import ServiceSupport

/// Whether nobody but this user and root can have written a file, or put one into a folder.
package enum FileTrust {
    /// The most links one after the other, as Linux has it.
    private static let maximumLinks = 40

    /// Why somebody else could have; nil: nobody else could, or there is no such file.
    package static func fault(of path: String) -> String? {
        let status = FileStatus(path)
        // The folders above it are not looked at, whether or not a link leads to it.
        if let fault = linkFault(of: path, toFolder: status?.isFolder ?? false) { return fault }
        return status.flatMap { fault(of: $0, path) }
    }

    /// The same of a file that is open.
    package static func fault(of status: FileStatus, _ path: String) -> String? {
        foreignOwner(status, path) ?? (status.othersMayWrite ? othersMayWrite(path) : nil)
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
        for _ in 0..<maximumLinks {
            guard let status = FileStatus(path, followsLinks: false), status.isLink else { return nil }
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
        guard let status = FileStatus(folder) else { return nil }
        return foreignOwner(status, folder) ?? (status.othersMayWrite && status.mode & S_ISVTX == 0 ? othersMayWrite(folder) : nil)
    }

    private static func othersMayWrite(_ path: String) -> String { "other users may write to \(path)" }

    private static func foreignOwner(_ status: FileStatus, _ path: String) -> String? {
        status.belongsToThisUser || status.owner == 0 ? nil : "\(path) belongs to another user (\(status.owner))"
    }
}
