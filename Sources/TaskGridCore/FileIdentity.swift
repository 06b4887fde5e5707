import Foundation

/// Which file a path led to when it was opened: by this is noticed that it was removed or replaced since, for what is open stays
/// writable and is read by nobody any more.
package struct FileIdentity: Hashable, Sendable {
    package let path: String
    package var name: Substring { path.split(separator: "/").last ?? "" }
    private let device: UInt64
    private let number: UInt64

    /// nil where there is no such file.
    package init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.path = path
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
    }

    /// What has become of the file; nil where it is still in its place.
    package var loss: String? {
        guard let now = FileIdentity(path) else { return "was removed" }
        return now == self ? nil : "was replaced by another file"
    }
}
