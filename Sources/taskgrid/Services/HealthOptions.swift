import ArgumentParser

/// The options of a service's health endpoint.
struct HealthOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The address of /healthz; 127.0.0.1 by default.", valueName: "host"))
    var healthHost: String?

    @Option(help: ArgumentHelp("The port of /healthz, 0 for none; the service's documented one by default.", valueName: "port"))
    var healthPort: String?

    /// By their keys.
    var settings: [String: String?] { ["health-host": healthHost, "health-port": healthPort] }
}
