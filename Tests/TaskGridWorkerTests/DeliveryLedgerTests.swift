import Testing

@testable import TaskGridWorker

@Suite struct DeliveryLedgerTests {
    @Test func `a delivery is acknowledged when its last item is confirmed`() {
        var ledger = DeliveryLedger<String>()
        let first = ledger.receive("a", items: 3)
        let second = ledger.receive("b", items: 1)
        #expect(ledger.confirm(first, items: 2) == nil)
        #expect(ledger.confirm(second, items: 1) == "b")
        #expect(ledger.count == 1)
        #expect(ledger.confirm(first, items: 1) == "a")
        #expect(ledger.isEmpty)
    }

    @Test func `a delivery is acknowledged once`() {
        var ledger = DeliveryLedger<String>()
        let delivery = ledger.receive("a", items: 1)
        #expect(ledger.confirm(delivery, items: 1) == "a")
        #expect(ledger.confirm(delivery, items: 1) == nil)
    }

    /// The same tag in another life of its channel is another delivery.
    @Test func `deliveries have numbers of the ledger's own`() {
        var ledger = DeliveryLedger<String>()
        let before = ledger.receive("1", items: 2)
        let after = ledger.receive("1", items: 1)
        #expect(before != after)
        #expect(ledger.confirm(after, items: 1) == "1")
        #expect(ledger.count == 1)
    }
}
