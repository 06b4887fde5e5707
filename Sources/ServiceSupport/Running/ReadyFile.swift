import Foundation
package import Logging

/// A file that a service makes when it is connected and consumes, for the process that started it; gone before it starts anew.
package struct ReadyFile: Sendable {
    private let path: String?
    private let logger: Logger

    /// - Parameters:
    ///   - path: the file; nil: none, and the log alone says it.
    ///   - logger: also told when the service is ready.
    package init(path: String?, logger: Logger) {
        self.path = path
        self.logger = logger
    }

    /// Takes away what an earlier run has left.
    package func prepare() {
        if let path { unlink(path) }
    }

    package func make() {
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
