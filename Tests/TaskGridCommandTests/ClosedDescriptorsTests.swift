import Foundation
import Testing

@testable import TaskGridCommand

@Suite struct ClosedDescriptorsTests {
    @Test func `a closed descriptor is taken, and writing to it fails with the reason`() {
        // One that is free, and that other tests hardly reach.
        let descriptor = fcntl(STDERR_FILENO, F_DUPFD, 200)
        close(descriptor)
        ClosedDescriptors.fill(descriptor...descriptor)
        defer { close(descriptor) }
        #expect(fcntl(descriptor, F_GETFD) >= 0)
        #expect(write(descriptor, "x", 1) == -1 && errno == EBADF)
    }
}
