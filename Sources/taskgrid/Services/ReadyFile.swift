import Foundation
import Logging
import ServiceSupport

/// A file that a service makes when it is connected and consumes, for the process that started it; gone before it starts anew.
struct ReadyFile: Sendable {
    let path: String?
    let logger: Logger

    /// Takes away what an earlier run has left.
    func prepare() {
        if let path { unlink(path) }
    }

    func make() {
        logger.info("ready")
        guard let path else { return }
        guard FileManager.default.createFile(atPath: path, contents: Data("\(getpid())\n".utf8)) else {
            logger.error(
                "the ready file cannot be made",
                metadata: [LogKey.readyFile: "\(path)", LogKey.error: "\(String(cString: strerror(errno)))"])
            return
        }
    }
}
