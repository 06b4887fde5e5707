import NIOCore
import Synchronization
import Testing
import WebSupport

@testable import Monitor

@Suite("The limit of wrong tokens") struct GuessLimitTests {
    private let clock = Clock()
    private let limit: GuessLimit
    private let right = AccessToken.digest(of: "the-right-token")
    private let wrong = AccessToken.digest(of: "a-wrong-token")

    private final class Clock: Sendable {
        private let start = ContinuousClock.now
        private let passed = Mutex(Duration.zero)
        var now: ContinuousClock.Instant { start + passed.withLock { $0 } }
        func pass(_ time: Duration) { passed.withLock { $0 += time } }
    }

    init() {
        limit = GuessLimit { [clock] in clock.now }
    }

    private func address(_ number: Int) throws -> ClientAddress {
        ClientAddress(try SocketAddress(ipAddress: "10.0.\(number / 256).\(number % 256)", port: 1))
    }

    /// Guesses so often; how often it was told that a series began.
    private func guess(_ count: Int, from address: ClientAddress) -> Int {
        (0..<count).count { _ in limit.wait(of: wrong, from: address) == nil && limit.noteWrong(wrong, from: address) }
    }

    @Test func `an address has ten attempts, and one more each six seconds`() throws {
        let address = try address(1)
        #expect(guess(10, from: address) == 1)
        #expect(try #require(limit.wait(of: wrong, from: address)) == .seconds(6))
        #expect(limit.wait(of: right, from: address) != nil, "the right token is not looked at either")
        clock.pass(.seconds(6))
        #expect(limit.wait(of: wrong, from: address) == nil)
        #expect(limit.wait(of: wrong, from: address) != nil)
        #expect(limit.wait(of: wrong, from: try self.address(2)) == nil, "another address has its own")
        #expect(limit.counts == GuessLimit.Counts(wrong: 10, refused: 3))
    }

    @Test func `a series of wrong tokens is told once, and the next one again`() throws {
        let address = try address(1)
        #expect(guess(20, from: address) == 1)
        clock.pass(.seconds(6))
        #expect(guess(5, from: address) == 0)
        clock.pass(.seconds(60))
        #expect(guess(10, from: address) == 1)
    }

    @Test func `a token that was right from the address is taken though others guess there, for an hour`() throws {
        let address = try address(1)
        #expect(limit.wait(of: right, from: address) == nil)
        limit.noteRight(right, from: address)
        #expect(guess(10, from: address) == 1)
        #expect(limit.wait(of: right, from: address) == nil)
        #expect(limit.wait(of: wrong, from: address) != nil)
        clock.pass(GuessLimit.knownFor)
        _ = guess(10, from: address)
        #expect(limit.wait(of: right, from: address) != nil)
    }

    @Test func `a token that is right no longer is a guess like any other`() throws {
        let address = try address(1)
        limit.noteRight(right, from: address)
        _ = limit.noteWrong(right, from: address)
        #expect(guess(10, from: address) == 1)
        #expect(limit.wait(of: right, from: address) != nil)
    }

    @Test func `right tokens take no attempts`() throws {
        let address = try address(1)
        for number in 0..<100 {
            let digest = AccessToken.digest(of: "token \(number)")
            #expect(limit.wait(of: digest, from: address) == nil)
            limit.noteRight(digest, from: address)
        }
    }

    @Test func `the addresses that were heard last are remembered, and no more`() throws {
        for number in 0..<GuessLimit.maximumAddresses {
            clock.pass(.milliseconds(1))
            _ = guess(10, from: try address(number))
        }
        #expect(limit.wait(of: wrong, from: try address(1)) != nil)
        clock.pass(.milliseconds(1))
        _ = guess(1, from: try address(GuessLimit.maximumAddresses))
        #expect(limit.wait(of: wrong, from: try address(2)) != nil)
        #expect(limit.wait(of: wrong, from: try address(0)) == nil, "the oldest was forgotten")
    }
}
