import BuiltinWorkers
import Foundation
import TaskGridCore
import TestSupport
import Testing

@Suite struct ReverseTests {
    @Test(arguments: [
        ("", ""), ("hello", "olleh"), ("a", "a"), ("👨‍👩‍👧é", "é👨‍👩‍👧"), ("a\r\nb", "b\r\na"), ("a\nb", "b\na"),
        ("straße", "eßarts"),
        ("e\u{301}x", "xe\u{301}"), ("🇩🇪🇫🇷", "🇫🇷🇩🇪"),
    ])
    func `a text is reversed by its characters`(_ text: String, _ reversed: String) async throws {
        // Compared by bytes: Swift's strings are equal where their canonical forms are.
        #expect(try await Array(run(Reverse(), text).utf8) == Array(reversed.utf8))
    }

    /// A time that grows with the square of the length would be days.
    @Test(.timeLimit(.minutes(1))) func `a text of a million flags is reversed in a time that grows with its length`() async throws {
        let flags = String(repeating: "🇩🇪🇫🇷", count: 500_000)
        let reversed = String(repeating: "🇫🇷🇩🇪", count: 500_000)
        #expect(try await run(Reverse(), flags).utf8.elementsEqual(reversed.utf8))
    }

    @Test func `bytes that are no text are refused`() async throws {
        await #expect(throws: TaskError(.invalidInput, "the payload is not what reverse takes: byte 0 of 2 is no UTF-8")) {
            try await run(Reverse(), Data([0xFF, 0x41]))
        }
    }

    /// Twice is the identity where graphemes do not join anew in the other order: letters, marks on letters, emoji.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `a text reversed twice is the same text`(seed: UInt64) async throws {
        var generator = Seeded(seed: seed)
        let graphemes = ["a", "Z", " ", "\r\n", "\n", "é", "e\u{301}", "ß", "日", "👍🏽", "👨‍👩‍👧", "क्षि", "\0"]
        let text = (0..<Int.random(in: 0...40, using: &generator)).map { _ in graphemes.randomElement(using: &generator)! }.joined()
        let once = try await run(Reverse(), text)
        #expect(Array(once.utf8) == Array(String(text.reversed()).utf8), "seed \(seed)")
        #expect(try await Array(run(Reverse(), once).utf8) == Array(text.utf8), "seed \(seed)")
    }

    /// The way over bytes gives what the way over graphemes gives.
    @Test(arguments: 0..<100 as Range<UInt64>)
    func `reversing the bytes of ASCII gives the same as reversing its characters`(seed: UInt64) async throws {
        var generator = Seeded(seed: seed)
        let bytes = (0..<50).map { _ in UInt8.random(in: 0..<0x80, using: &generator) }
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(try await Array(run(Reverse(), text).utf8) == Array(String(text.reversed()).utf8), "seed \(seed)")
    }
}

@Suite struct UpperTests {
    @Test func `a long text is put into upper case in parts, which meet where they were cut`() async throws {
        let text = String(repeating: "e\u{301}ß👨‍👩‍👧ﬁ", count: 40_000)
        #expect(try await run(Upper(), text).utf8.elementsEqual(text.uppercased().utf8))
    }

    @Test(arguments: [("hello straße", "HELLO STRASSE"), ("", ""), ("ﬁn", "FIN"), ("éàπ", "ÉÀΠ"), ("1+1", "1+1")])
    func `a text is put into upper case by the rules of Unicode`(_ text: String, _ upper: String) async throws {
        #expect(try await run(Upper(), text) == upper)
    }

    @Test func `bytes that are no text are refused`() async throws {
        await #expect(throws: TaskError(.invalidInput, "the payload is not what upper takes: byte 0 of 1 is no UTF-8")) {
            try await run(Upper(), Data([0xC3]))
        }
    }
}

@Suite struct HashTests {
    @Test(arguments: [
        ("text", "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1"),
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        // FIPS 180-2, appendix B.2.
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    ])
    func `a hash is SHA-256 in hex`(_ text: String, _ hash: String) async throws {
        #expect(try await run(Hash(), text) == hash)
    }

    @Test func `a hash of many parts is that of the whole`() async throws {
        let zeros = "5983281b51c767c831104f52c95e4075f27e6f4fa8dd0526e3929f79176a1217"
        #expect(try await run(Hash(), Data(count: (3 << 20) + 1)) == zeros)
    }

    @Test func `a hash takes bytes that are no text`() async throws {
        #expect(try await run(Hash(), Data([0xFF])) == "a8100ae6aa1940d0b663bb31cd466142ebbdbd5187131b92d93818987832eb89")
    }
}
