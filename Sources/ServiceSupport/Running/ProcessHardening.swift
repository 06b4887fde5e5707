import CRabbitMQ
import Foundation
package import Logging

/// The steps of a service at its start against other processes that would read its memory.
package enum ProcessHardening {
    /// Keeps other processes of the same user from reading this one's memory and environment, and the system from writing them to a core
    /// dump. Warns if the process is root's.
    ///
    /// - Parameter logger: the service's.
    package static func apply(_ logger: Logger) {
        if geteuid() == 0 {
            logger.warning("it runs as root, which it does not need: run it as a user of its own")
        }
        if taskgrid_hide_memory() != 0 {
            let reason = String(cString: strerror(errno))
            logger.warning("other processes of its user can read its memory", metadata: [LogKey.error: "\(reason)"])
        }
    }
}
