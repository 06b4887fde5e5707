import Foundation
import Testing

/// Keeps the runs that have its payload from ending until it is released, so that they are under way for as long as a test wants.
final class Hold: Sendable {
    let payload: String
    private let descriptor: Int32

    /// - Parameter path: of a file that it makes and locks.
    init(at path: String) throws {
        payload = "hold \(path)"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0 && flock(descriptor, LOCK_EX) == 0)
    }

    deinit { close(descriptor) }

    func release() { flock(descriptor, LOCK_UN) }
}
