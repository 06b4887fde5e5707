import TestSupport
import Testing

@testable import AMQP

@Suite("Publications that are confirmed")
struct ConfirmLedgerTests {
    private typealias Settled = ConfirmLedger.Settled

    @Test func `single acknowledgements in any order settle a batch when its last has come`() {
        var ledger = ConfirmLedger()
        let batch = ledger.register(count: 3)
        #expect(ledger.acknowledged(3, multiple: false) == [])
        #expect(ledger.acknowledged(1, multiple: false) == [])
        #expect(ledger.acknowledged(1, multiple: false) == [])
        #expect(ledger.acknowledged(2, multiple: false) == [Settled(batch: batch, outcomes: [.confirmed, .confirmed, .confirmed])])
        #expect(ledger.isEmpty)
        #expect(ledger.acknowledged(2, multiple: false) == [])
    }

    @Test func `one with multiple settles all up to its number, over batches; tag 0 settles everything`() {
        var ledger = ConfirmLedger()
        let batches = (0..<4).map { _ in ledger.register(count: 2) }
        let both: [PublishOutcome] = [.confirmed, .confirmed]
        #expect(
            ledger.acknowledged(5, multiple: true) == [
                Settled(batch: batches[0], outcomes: both), Settled(batch: batches[1], outcomes: both),
            ])
        #expect(ledger.acknowledged(6, multiple: false) == [Settled(batch: batches[2], outcomes: both)])
        #expect(ledger.acknowledged(0, multiple: false) == [])
        #expect(ledger.acknowledged(0, multiple: true) == [Settled(batch: batches[3], outcomes: both)])
        #expect(ledger.acknowledged(0, multiple: true) == [])
    }

    @Test func `a later batch may end first, and an acknowledgement of what was never published says nothing`() {
        var ledger = ConfirmLedger()
        let first = ledger.register(count: 1)
        let second = ledger.register(count: 1)
        #expect(ledger.acknowledged(3, multiple: false) == [])
        #expect(ledger.acknowledged(2, multiple: false) == [Settled(batch: second, outcomes: [.confirmed])])
        #expect(ledger.acknowledged(.max, multiple: true) == [Settled(batch: first, outcomes: [.confirmed])])
    }

    @Test func `negative acknowledgements count for what was not yet acknowledged`() {
        var ledger = ConfirmLedger()
        let batch = ledger.register(count: 3)
        _ = ledger.acknowledged(2, multiple: false)
        #expect(ledger.refused(3, multiple: true) == [Settled(batch: batch, outcomes: [.nacked, .confirmed, .nacked])])
    }

    @Test func `a returned message is known by its id before its acknowledgement, which does not change it`() {
        var ledger = ConfirmLedger()
        let batch = ledger.register(count: 3, mandatory: ["a": 0, "c": 2])
        #expect(ledger.returned(messageID: "c", code: 312, text: "NO_ROUTE") == true)
        #expect(ledger.returned(messageID: "c", code: 312, text: "NO_ROUTE") == false)
        #expect(ledger.returned(messageID: "b", code: 312, text: "NO_ROUTE") == false)
        #expect(
            ledger.acknowledged(3, multiple: true)
                == [Settled(batch: batch, outcomes: [.confirmed, .confirmed, .returned(code: 312, text: "NO_ROUTE")])]
        )
        #expect(ledger.returned(messageID: "a", code: 312, text: "NO_ROUTE") == false)
    }

    @Test func `an id that is published again belongs to the oldest publication without an outcome`() {
        var ledger = ConfirmLedger()
        let first = ledger.register(count: 1, mandatory: ["a": 0])
        let second = ledger.register(count: 1, mandatory: ["a": 0])
        let third = ledger.register(count: 1, mandatory: ["a": 0])
        let outcome = PublishOutcome.returned(code: 1, text: "x")
        #expect(ledger.acknowledged(1, multiple: false) == [Settled(batch: first, outcomes: [.confirmed])])
        #expect(ledger.returned(messageID: "a", code: 1, text: "x") == true)
        #expect(ledger.acknowledged(2, multiple: false) == [Settled(batch: second, outcomes: [outcome])])
        #expect(ledger.returned(messageID: "a", code: 1, text: "x") == true)
        #expect(ledger.acknowledged(3, multiple: false) == [Settled(batch: third, outcomes: [outcome])])
    }

    @Test func `on a new channel, unconfirmed publications are numbered from 1 on, and the others keep their outcomes`() {
        var ledger = ConfirmLedger()
        let first = ledger.register(count: 4, mandatory: ["b": 1])
        let forgotten = ledger.register(count: 1)
        let second = ledger.register(count: 2, settled: [0: .nacked])
        let third = ledger.register(count: 1)
        #expect(ledger.acknowledged(1, multiple: false) == [])
        #expect(ledger.returned(messageID: "b", code: 312, text: "NO_ROUTE") == true)
        typealias Entry = ConfirmLedger.Entry
        #expect(
            ledger.unconfirmed == [Entry(batch: first, index: 2), Entry(batch: first, index: 3)]
                + [Entry(batch: forgotten, index: 0), Entry(batch: second, index: 1), Entry(batch: third, index: 0)]
        )
        let refused = PublishOutcome.refused(.accessRefused("no"))
        let (settled, again) = ledger.restart(
            keeping: { $0 != forgotten }, outcome: { $0 == Entry(batch: second, index: 1) ? refused : nil })
        #expect(settled == [Settled(batch: second, outcomes: [.nacked, refused])])
        #expect(again == [Entry(batch: first, index: 2), Entry(batch: first, index: 3), Entry(batch: third, index: 0)])
        #expect(ledger.acknowledged(3, multiple: false) == [Settled(batch: third, outcomes: [.confirmed])])
        #expect(ledger.refused(1, multiple: false) == [])
        #expect(ledger.takeRefused() == [Entry(batch: first, index: 2)])
        #expect(ledger.takeRefused() == [])
        let returned = PublishOutcome.returned(code: 312, text: "NO_ROUTE")
        #expect(ledger.acknowledged(2, multiple: true) == [Settled(batch: first, outcomes: [.confirmed, returned, .nacked, .confirmed])])
        #expect(ledger.isEmpty)
    }

    @Test func `after a reset tags begin at 1 and batches are new ones`() {
        var ledger = ConfirmLedger()
        let first = ledger.register(count: 2)
        let second = ledger.register(count: 2, mandatory: ["a": 0])
        _ = ledger.acknowledged(1, multiple: false)
        #expect(ledger.reset() == [first, second])
        #expect(ledger.isEmpty)
        #expect(ledger.returned(messageID: "a", code: 1, text: "x") == false)
        #expect(ledger.acknowledged(4, multiple: true) == [])
        let third = ledger.register(count: 1)
        #expect(third != first && third != second)
        #expect(ledger.acknowledged(1, multiple: false) == [Settled(batch: third, outcomes: [.confirmed])])
    }

    @Test func `the ledger agrees with a list of entries, whatever the broker says`() {
        forAll { generator, seed in
            var ledger = ConfirmLedger()
            var model = LedgerModel()
            for _ in 0..<generator.number(1...120) {
                switch generator.number(0...9) {
                case 0...3:
                    let count = generator.number(1...70)
                    var mandatory: [String: Int] = [:]
                    for place in 0..<count where generator.number(0...3) == 0 {
                        mandatory[["a", "b", "c", "d"].randomElement(using: &generator)!] = place
                    }
                    let batch = ledger.register(count: count, mandatory: mandatory)
                    model.register(batch, count, mandatory)
                case 4...7:
                    let tag = UInt64(generator.number(0...Int(model.nextTag) + 1))
                    let multiple = generator.coin()
                    let isAck = generator.number(0...4) > 0
                    let settled = isAck ? ledger.acknowledged(tag, multiple: multiple) : ledger.refused(tag, multiple: multiple)
                    #expect(settled == model.settle(tag, multiple, isAck ? .confirmed : .nacked), seed)
                case 8:
                    let id = ["a", "b", "c", "d", "e"].randomElement(using: &generator)!
                    #expect(ledger.returned(messageID: id, code: 1, text: "x") == model.returned(id), seed)
                default:
                    if generator.number(0...3) == 0 { #expect(ledger.reset() == model.reset(), seed) }
                }
                #expect(ledger.isEmpty == model.entries.isEmpty, seed)
            }
        }
    }
}

/// The ledger as a plain list, searched from its start each time.
private struct LedgerModel {
    struct Entry {
        let batch: Int
        let tag: UInt64
        let id: String?
        var outcome: PublishOutcome?
        var isAcknowledged = false
    }

    var entries: [Entry] = []
    var nextTag: UInt64 = 1

    mutating func register(_ batch: Int, _ count: Int, _ mandatory: [String: Int]) {
        for place in 0..<count {
            entries.append(Entry(batch: batch, tag: nextTag, id: mandatory.first { $0.value == place }?.key))
            nextTag += 1
        }
    }

    mutating func settle(_ tag: UInt64, _ multiple: Bool, _ outcome: PublishOutcome) -> [ConfirmLedger.Settled] {
        for index in entries.indices where !entries[index].isAcknowledged {
            guard multiple ? tag == 0 || entries[index].tag <= tag : entries[index].tag == tag else { continue }
            entries[index].isAcknowledged = true
            entries[index].outcome = entries[index].outcome ?? outcome
        }
        let settled = batches.filter { batch in entries.allSatisfy { $0.batch != batch || $0.isAcknowledged } }.map { batch in
            ConfirmLedger.Settled(batch: batch, outcomes: entries.filter { $0.batch == batch }.compactMap(\.outcome))
        }
        entries.removeAll { entry in settled.contains { $0.batch == entry.batch } }
        return settled
    }

    mutating func returned(_ id: String) -> Bool {
        guard let index = entries.firstIndex(where: { $0.id == id && $0.outcome == nil }) else { return false }
        entries[index].outcome = .returned(code: 1, text: "x")
        return true
    }

    mutating func reset() -> [Int] {
        defer { self = LedgerModel() }
        return batches
    }

    private var batches: [Int] {
        entries.reduce(into: []) { batches, entry in if batches.last != entry.batch { batches.append(entry.batch) } }
    }
}
