import Testing

@testable import AMQP

@Suite("The order of attempts to reach the nodes of a broker")
struct AddressRotationTests {
    private let backoff = Backoff(base: .seconds(10), ceiling: .seconds(10))
    private let addresses = ["a", "b", "c"].map { Endpoint.Address(host: $0) }

    @Test func `each connection has an order of its own, with every node once in each round`() {
        var generator = SystemRandomNumberGenerator()
        var orders: Set<[String]> = []
        for _ in 0..<200 {
            var rotation = AddressRotation(addresses, using: &generator)
            var order: [String] = []
            for _ in 0..<6 {
                order.append(rotation.current.host)
                _ = rotation.fail(backoff, using: &generator)
            }
            #expect(Set(order[..<3]) == ["a", "b", "c"] && order[3...].elementsEqual(order[..<3]))
            orders.insert(Array(order[..<3]))
        }
        #expect(orders.count == 6)
    }

    @Test func `the attempt to reach the next node follows at once, and that to reach the first one again after the backoff`() {
        var generator = SystemRandomNumberGenerator()
        var rotation = AddressRotation(addresses, using: &generator)
        for round in 1...3 {
            for _ in 0..<2 {
                #expect(rotation.fail(backoff, using: &generator) <= AddressRotation.jitter)
                #expect(!rotation.isRoundOver)
            }
            #expect(rotation.fail(backoff, using: &generator) >= .seconds(5))
            #expect(rotation.isRoundOver && rotation.failures == 3 * round)
        }
        rotation.reset()
        #expect(rotation.fail(backoff, using: &generator) <= AddressRotation.jitter)
    }

    @Test func `one address alone waits for the backoff each time, longer and longer`() {
        var generator = SystemRandomNumberGenerator()
        var rotation = AddressRotation([.init(host: "a")], using: &generator)
        let backoff = Backoff(base: .seconds(1), ceiling: .seconds(60))
        for number in 1...8 {
            let limit = backoff.limit(before: number)
            #expect((limit / 2...limit).contains(rotation.fail(backoff, using: &generator)))
            #expect(rotation.current.host == "a")
        }
    }
}
