import Foundation

/// The limit of files, sockets and pipes that this process may have open at a time (`ulimit -n`).
package enum OpenFiles {
    /// The limit as it is now.
    package static var limit: Int { current.map { Int(clamping: $0.rlim_cur) } ?? .max }

    /// Raises the limit as far as the system lets this user, up to `wanted`.
    package static func raise(to wanted: Int) {
        guard var limits = current, limits.rlim_cur < rlim_t(wanted), limits.rlim_cur < limits.rlim_max else { return }
        limits.rlim_cur = min(limits.rlim_max, rlim_t(wanted))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
    }

    private static var current: rlimit? {
        var limits = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 ? limits : nil
    }
}
