/// Why the attempts of a connection to reach its broker failed: the latest error of each address.
struct AttemptErrors {
    private var errors: [Endpoint.Address: AMQPError] = [:]
    /// Why the password could not be read at the latest attempt.
    var ofPassword: AMQPError?
    /// Since when a queue is missing that another program declares soon; nil: none is.
    var awaitedSince: ContinuousClock.Instant?

    mutating func add(_ error: AMQPError, of address: Endpoint.Address) { errors[address] = error }

    /// Nothing is wrong any more.
    mutating func removeAll() {
        errors = [:]
        awaitedSince = nil
    }

    /// Whether each address has failed with an error that no waiting mends. A node that starts or leaves its cluster may refuse what the
    /// others take.
    func areHopeless(of endpoint: Endpoint) -> Bool {
        endpoint.addresses.allSatisfy { address in
            errors[address].map { [.accessRefused, .tlsRefused, .preconditionFailed, .unsupported, .badURL].contains($0.code) } ?? false
        }
    }

    /// Whether an address says that another connection has the exclusive queue. The others may be dead meanwhile.
    var sayLocked: Bool { errors.values.contains { $0.code == .resourceLocked } }

    /// One error that says what each address said, in the order of the endpoint; nil: none has failed.
    func combined(of endpoint: Endpoint) -> AMQPError? {
        let failed = endpoint.addresses.compactMap { address in errors[address].map { (address, $0) } }
        guard let (first, error) = failed.first else { return nil }
        guard endpoint.addresses.count > 1 else { return error }
        let general = error.message.replacing("\(endpoint.at(first))", with: "\(endpoint)")
        let isSame = failed.allSatisfy { address, other in
            other.message.replacing("\(endpoint.at(address))", with: "\(endpoint)") == general
        }
        let code = failed.allSatisfy { $0.1.code == error.code } ? error.code : .unreachable
        let brokerCode = failed.allSatisfy { $0.1.brokerCode == error.brokerCode } ? error.brokerCode : nil
        if isSame, failed.count == endpoint.addresses.count { return AMQPError(code, general, brokerCode: brokerCode) }
        let messages = failed.map { address, error in
            error.message.contains("\(endpoint.at(address))") ? error.message : "\(address): \(error.message)"
        }
        return AMQPError(code, messages.joined(separator: "; "), brokerCode: brokerCode)
    }
}
