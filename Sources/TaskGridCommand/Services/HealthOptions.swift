import ArgumentParser

/// The options of a service's health endpoint.
struct HealthOptions: ParsableArguments {
    @Option(key: "health-host") var host: KeyArgument?
    @Option(key: "health-port") var port: KeyArgument?

    var arguments: [KeyArgument?] { [host, port] }
}
