import Testing

@testable import AMQP

@Suite("What a connection says of itself")
struct ConnectionReadingTests {
    @Test func `an exchange that was deleted and one that was declared otherwise are each told as what they are`() {
        let now = ContinuousClock.now
        var reading = ConnectionReading(name: "c", state: .connected, since: now, wasConnected: true)
        reading.missing = [
            "exchange b": ConnectionReading.Missing(since: now, until: now, isOtherwise: true),
            "exchange a": ConnectionReading.Missing(since: now),
        ]
        let away = "exchange a was deleted by somebody and cannot be declared again; its log says why"
        let replaced = "exchange b was declared otherwise by somebody; it is declared again"
        #expect(reading.problem(at: now) == "\(away); \(replaced)")
        #expect(reading.problem(at: now + ConnectionReading.grace) == away)
        reading.missing = [:]
        #expect(reading.problem(at: now) == nil)
    }
}
