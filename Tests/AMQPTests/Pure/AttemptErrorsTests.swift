import Testing

@testable import AMQP

@Suite("Why no node of a broker can be used")
struct AttemptErrorsTests {
    private let one = Endpoint.Address(host: "a", port: 1)
    private let two = Endpoint.Address(host: "b", port: 2)
    private let endpoint: Endpoint
    private var errors = AttemptErrors()

    init() {
        var endpoint = Endpoint(user: "u")
        endpoint.addresses = [one, two]
        self.endpoint = endpoint
    }

    private func silence(_ address: Endpoint.Address) -> AMQPError {
        AMQPError(.unreachable, "no broker answers at \(endpoint.at(address)) (refused): is it running?")
    }

    @Test mutating func `an error of one address alone stays as it is`() {
        let error = AMQPError(.timedOut, "declaring queue q got no answer")
        errors.add(error, of: one)
        #expect(errors.combined(of: endpoint.at(one)) == error)
    }

    @Test mutating func `one that stands by does so while another address is dead, until the lock's own says otherwise`() {
        #expect(!errors.sayLocked)
        errors.add(AMQPError(.resourceLocked, "locked", brokerCode: 405), of: one)
        errors.add(silence(two), of: two)
        #expect(errors.sayLocked)
        errors.add(silence(one), of: one)
        #expect(!errors.sayLocked)
    }

    @Test mutating func `the same error of all addresses is told once, and names them all`() {
        #expect(errors.combined(of: endpoint) == nil)
        errors.add(silence(two), of: two)
        #expect(errors.combined(of: endpoint) == silence(two))
        errors.add(silence(one), of: one)
        #expect(errors.combined(of: endpoint)?.message == "no broker answers at amqp://u@a:1,b:2 (refused): is it running?")
    }

    @Test mutating func `different errors are all told, each with its address, in the order of the addresses`() {
        errors.add(silence(two), of: two)
        errors.add(AMQPError(.accessRefused, "refused before", brokerCode: 403), of: one)
        errors.add(AMQPError(.timedOut, "declaring queue q got no answer"), of: one)
        let error = errors.combined(of: endpoint)
        #expect(error?.code == .unreachable && error?.brokerCode == nil)
        #expect(
            error?.message == "a:1: declaring queue q got no answer; no broker answers at amqp://u@b:2 (refused): is it running?")
    }

    @Test mutating func `waiting is hopeless once every address has refused`() {
        let refusal = AMQPError(.accessRefused, "refused", brokerCode: 403)
        errors.add(refusal, of: one)
        #expect(!errors.areHopeless(of: endpoint))
        errors.add(silence(two), of: two)
        #expect(!errors.areHopeless(of: endpoint))
        errors.add(refusal, of: two)
        #expect(errors.areHopeless(of: endpoint))
        errors.removeAll()
        #expect(errors.combined(of: endpoint) == nil && !errors.areHopeless(of: endpoint))
    }
}
