/// The order of a connection's attempts to reach the nodes of its broker, and the waits between them.
///
/// Each connection shuffles the addresses, so that those of many processes spread over the nodes. One that is lost goes to the next node
/// at once, with a little jitter, because that node most likely lives; once all have failed in turn, the backoff grows with each round.
struct AddressRotation {
    /// The longest wait between two nodes of a round.
    static let jitter = Duration.milliseconds(50)

    private let addresses: [Endpoint.Address]
    private var index = 0
    /// Attempts that failed since the broker was last connected for long.
    private(set) var failures = 0

    init(_ addresses: [Endpoint.Address], using generator: inout some RandomNumberGenerator) {
        self.addresses = addresses.shuffled(using: &generator)
    }

    /// The address of the next attempt, or that is connected.
    var current: Endpoint.Address { addresses[index] }

    /// Every address has failed as often as the others.
    var isRoundOver: Bool { failures % addresses.count == 0 }

    /// The connection has lasted: the waits begin anew.
    mutating func reset() { failures = 0 }

    /// The current address has failed.
    ///
    /// - Returns: How long to wait before the attempt to reach the next one.
    mutating func fail(_ backoff: Backoff, using generator: inout some RandomNumberGenerator) -> Duration {
        failures += 1
        index = (index + 1) % addresses.count
        guard isRoundOver else { return .seconds(Double.random(in: 0...Self.jitter.seconds, using: &generator)) }
        return backoff.delay(before: failures / addresses.count, using: &generator)
    }
}
