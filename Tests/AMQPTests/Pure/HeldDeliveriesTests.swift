import TestSupport
import Testing

@testable import AMQP

@Suite("The unacknowledged deliveries of a channel")
struct HeldDeliveriesTests {
    @Test func `are full above their limit, and not at it`() {
        var held = HeldDeliveries(limit: 10)
        held.add(10)
        #expect(!held.isFull)
        held.add(1)
        #expect(held.isFull)
        held.acknowledge(1, multiple: false)
        #expect(!held.isFull)
        #expect(held.bytes == 1)
    }

    @Test func `are acknowledged one by one in any order, all up to one, and never twice`() {
        var held = HeldDeliveries(limit: 100)
        for size in [1, 2, 4, 8, 16] { held.add(size) }
        held.acknowledge(3, multiple: false)
        held.acknowledge(3, multiple: false)
        #expect(held.bytes == 27)
        held.acknowledge(4, multiple: true)
        #expect(held.bytes == 16)
        for tag in [0, 1, 4, 6, .max] as [UInt64] { held.acknowledge(tag, multiple: true) }
        #expect(held.bytes == 16)
        held.add(32)
        held.acknowledge(6, multiple: false)
        #expect(held.bytes == 16)
        held.acknowledge(5, multiple: false)
        #expect(held.bytes == 0)
    }

    @Test func `have as many bytes as a list of them, whatever is acknowledged`() throws {
        forAll(300) { generator, seed in
            var held = HeldDeliveries(limit: 500)
            var list: [UInt64: Int] = [:]
            var latest: UInt64 = 0
            for _ in 0..<generator.number(0...60) {
                if generator.coin() {
                    let size = generator.number(0...100)
                    latest += 1
                    list[latest] = size
                    held.add(size)
                } else if latest > 0 {
                    let tag = UInt64(generator.number(1...Int(latest)))
                    let multiple = generator.coin()
                    held.acknowledge(tag, multiple: multiple)
                    list = list.filter { multiple ? $0.key > tag : $0.key != tag }
                }
                #expect(held.bytes == list.values.reduce(0, +), seed)
                #expect(held.isFull == (held.bytes > 500), seed)
            }
        }
    }
}
