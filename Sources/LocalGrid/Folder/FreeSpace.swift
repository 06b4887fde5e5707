import Foundation

/// The space that is left on a disk.
enum FreeSpace {
    /// With less than this a process can hardly write its log.
    private static let least = 1 << 20

    /// Whether the disk of a file or folder is full, or nearly; false where the system does not say.
    static func isShort(at path: String, least: Int = Self.least) -> Bool {
        var space = statvfs()
        guard statvfs(path, &space) == 0 else { return false }
        return Double(space.f_bavail) * Double(space.f_frsize) < Double(least)
    }
}
