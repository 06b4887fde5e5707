import Foundation

// On Linux `stat` belongs to Glibc or to CDispatch: to the one that the compiler loads first. With both imported either will do.
#if canImport(CDispatch)
    import CDispatch
#endif

/// What the system says of a file (stat(2)).
package struct FileStatus: Sendable {
    /// Whether it is a plain file, and no folder, link, pipe or device.
    package let isPlain: Bool
    package let isFolder: Bool
    package let isLink: Bool
    /// The user that it belongs to.
    package let owner: UInt32
    package let group: UInt32
    /// The rights of its owner, of its group and of all others, with the sticky bit.
    package let mode: UInt32
    /// The device that it is on, and its number there. No two files have both in common.
    package let device: UInt64
    package let number: UInt64
    /// How many names lead to it.
    package let names: Int
    /// In bytes.
    package let size: Int64
    /// When it was changed last, and its content, in nanoseconds since 1970.
    package let changed: Int64
    package let contentChanged: Int64

    /// nil where there is no such file, or this user cannot see it; `errno` says why.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - followsLinks: whether a symbolic link stands for the file that it leads to.
    package init?(_ path: String, followsLinks: Bool = true) {
        var status = stat()
        guard (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        self.init(status)
    }

    /// Of a file that is open; nil where it is not, and `errno` says why.
    package init?(_ descriptor: CInt) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        let kind = status.st_mode & S_IFMT
        isPlain = kind == S_IFREG
        isFolder = kind == S_IFDIR
        isLink = kind == S_IFLNK
        owner = status.st_uid
        group = status.st_gid
        mode = status.st_mode & ~S_IFMT
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
        names = Int(status.st_nlink)
        size = Int64(status.st_size)
        changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
        contentChanged = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }

    package var belongsToThisUser: Bool { owner == geteuid() }
    package var othersMayWrite: Bool { mode & 0o022 != 0 }
    package var othersMayReadOrWrite: Bool { mode & 0o077 != 0 }
}
