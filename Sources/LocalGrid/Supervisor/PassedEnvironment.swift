import Foundation

/// The variables of this process's environment that its services get too: an allow-list, because the rest may hold secrets.
enum PassedEnvironment {
    /// The system's and the language's.
    private static let names: Set = [
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TZDIR", "TMPDIR", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
        "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "MALLOC_ARENA_MAX", "LLVM_PROFILE_FILE", "ASAN_OPTIONS", "TSAN_OPTIONS",
        "UBSAN_OPTIONS",
    ]
    private static let prefixes = ["LC_", "SWIFT_"]
    /// The grid itself says which broker it is, and where its password is.
    private static let given: Set = ["TASKGRID_BROKER", "TASKGRID_BROKER_PASSWORD_FILE"]
    /// The administrator's login, which no service has.
    private static let withheld: Set = ["TASKGRID_ADMIN"]

    /// - Parameters:
    ///   - role: the kind of service. Settings of another kind, such as the monitor's token, are left out.
    ///   - environment: this process's.
    static func variables(
        for role: GridConfiguration.Role, of environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String: String] {
        environment.filter { name, _ in
            // libpq's, one of which may be a password.
            if name.hasPrefix("PG") { return role == .dispatcher }
            guard name.hasPrefix("TASKGRID_") else { return names.contains(name) || prefixes.contains { name.hasPrefix($0) } }
            if given.contains(name) || withheld.contains(name) { return false }
            // The nameservice reads the rights too.
            if name == "TASKGRID_DISPATCHER_RIGHTS", role == .nameservice { return true }
            let owner = GridConfiguration.Role.allCases.first { name.hasPrefix("TASKGRID_\($0.rawValue.uppercased())_") }
            return owner == nil || owner == role
        }
    }
}
