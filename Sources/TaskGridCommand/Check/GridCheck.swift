import AMQP
import Logging
import TaskGridClient
import TaskGridConfiguration
import TaskGridCore

/// Looks at a broker and the grid on it, over AMQP and over the broker's management interface, and changes nothing.
struct GridCheck {
    let grid: CheckedGrid
    /// One at least; the first that answers is asked.
    let management: [ManagementInterface]
    let logger: Logger

    func report() async -> CheckReport {
        async let management = managementReading()
        let addresses = await AddressReading.read(grid.endpoint, logger: logger)
        var findings = addresses.findings(of: grid.endpoint)
        var services: [ServiceReading] = []
        let reached = addresses.filter { $0.greeting != nil }
        if let first = reached.first {
            var endpoint = grid.endpoint
            endpoint.addresses = reached.map(\.address)
            let location = GridLocation(endpoint: endpoint, topology: grid.topology)
            let found = await gridFindings(location, first.greeting?.version)
            findings += found.findings
            services = found.services
        }
        var reading = await management
        await reading.readLogins(of: grid, answering: services.answering)
        findings += reading.dispatcherFindings(grid, services)
        findings += reading.findings(of: grid)
        return CheckReport(findings: findings)
    }

    private func managementReading() async -> ManagementReading {
        for interface in management.dropLast() where await interface.answers { return await .read(interface, of: grid) }
        return await .read(management[management.count - 1], of: grid)
    }

    /// What is found at the addresses that take the login, and the answers of the services there.
    private func gridFindings(
        _ location: GridLocation, _ version: BrokerVersion?
    ) async -> (findings: [Finding], services: [ServiceReading]) {
        let names = await NamesReading.read(location, logger: logger)
        let found = names.findings(grid.topology)
        // A client would declare what is missing.
        guard names.failure == nil, names.missingExchanges.isEmpty else { return (found, []) }
        guard grid.role.asksServices else { return (found + names.serviceFindings(grid), []) }
        do throws(ClientError) {
            let services = try await ServiceReading.read(location, logger: logger)
            return (found + services.findings() + (version.map(services.messageFindings) ?? []), services)
        } catch {
            let unusable = Finding.problem(
                .services, "no client can use the grid: \(error.message)",
                advice: (grid.role == .all ? "a user of one part of the grid needs --role with that part; " : "")
                    + "the broker says why, and the findings on rights name what the user lacks")
            return (found + [unusable], [])
        }
    }
}
