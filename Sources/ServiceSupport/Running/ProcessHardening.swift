import Foundation
package import Logging

/// The steps of a service at its start against other processes that would read its memory.
package enum ProcessHardening {
    /// Keeps other processes of the same user from reading this one's memory and environment, and the system from writing them to a core
    /// dump, where the system can (Linux). Warns if the process is root's.
    ///
    /// - Parameter logger: the service's.
    package static func apply(_ logger: Logger) {
        if geteuid() == 0 {
            logger.warning("it runs as root, which it does not need: run it as a user of its own")
        }
        hideMemory()
    }

    /// `prctl(PR_SET_DUMPABLE, 0)`. The function takes a variable number of arguments, so that Swift does not import it.
    private static func hideMemory() {
        #if os(Linux)
            typealias Control = @convention(c) (CInt, CUnsignedLong, CUnsignedLong, CUnsignedLong, CUnsignedLong) -> CInt
            let setDumpable: CInt = 4
            guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "prctl") else { return }
            _ = unsafeBitCast(symbol, to: Control.self)(setDumpable, 0, 0, 0, 0)
        #endif
    }
}
