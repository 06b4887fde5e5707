import TestSupport
import Testing

@testable import TaskStorePostgres

@Suite("Text in columns")
struct StoredTextTests {
    @Test func `it comes back as it was, and has no NUL`() {
        forAll { random, comment in
            let scalars: [Unicode.Scalar] = ["a", "0", "\0", "\u{10FFFF}", "ü", "\u{10FFFE}", "\u{1F600}"]
            var text = ""
            for _ in 0..<random.number(0...8) { text.unicodeScalars.append(random.one(of: scalars)) }
            let stored = StoredText.stored(text)
            #expect(!stored.utf8.contains(0), comment)
            #expect(Array(StoredText.text(stored).utf8) == Array(text.utf8), comment)
        }
    }

    @Test func `text without these two is as it is`() {
        for text in ["", "key", "\u{1F600} ü", "\u{10FFFE}"] { #expect(StoredText.stored(text) == text && StoredText.text(text) == text) }
    }
}
