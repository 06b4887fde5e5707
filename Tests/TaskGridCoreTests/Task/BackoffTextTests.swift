import AMQP
import TestSupport
import Testing

@testable import TaskGridCore

@Suite("the text of a backoff")
struct BackoffTextTests {
    @Test(arguments: [
        ("exponential:1s:1m", Backoff(base: .seconds(1), ceiling: .seconds(60))),
        ("linear:10s:10m", Backoff(base: .seconds(10), ceiling: .seconds(600), growth: .linear)),
        ("constant:30s", Backoff(base: .seconds(30), ceiling: .seconds(30), growth: .constant)),
        ("constant:0s", Backoff(base: .zero, ceiling: .zero, growth: .constant)),
        ("exponential:1500ms:90d", Backoff(base: .milliseconds(1500), ceiling: .seconds(90 * 86_400))),
    ])
    func `says how it grows, the first wait and the longest`(_ text: String, _ backoff: Backoff) {
        #expect(Backoff(text) == backoff)
        #expect(backoff.description == text)
    }

    @Test(arguments: [
        ("5s", "exponential:5s:1h"), ("1s:1m", "exponential:1s:1m"), ("linear:5s", "linear:5s:1h"), ("2h", "exponential:2h:2h"),
        ("5", "exponential:5s:1h"), ("0", "exponential:0s:1h"), ("0ms", "exponential:0s:1h"), ("exponential:90m", "exponential:90m:90m"),
        ("constant:10000d", "constant:10000d"),
    ])
    func `may leave out the growth and the longest wait`(_ text: String, _ whole: String) {
        #expect(Backoff(text)?.description == whole)
    }

    @Test(arguments: [
        "", ":", "soon", "1m:1s", "constant", "constant:1s:2s", "linear:1s:1m:1h", "1s:1m:1h", "exponential::1m", "1s:", "-1s",
        "1s:10001d", "quadratic:1s:1m", "0.4ms", "1.0004s", "constant:0.4ms", "1s:1000.5ms",
    ])
    func `is refused where it makes no sense`(_ text: String) {
        #expect(Backoff(text) == nil)
    }

    @Test func `comes back as it was`() {
        forAll(500) { generator, seed in
            let backoff = Backoff.random(using: &generator)
            #expect(Backoff(backoff.description) == backoff, seed)
        }
    }
}
