import TaskGridCore
import Testing
import WebSupport

@Suite struct TypePatternsTests {
    @Test func `a pattern is a name, or the beginning of names with a star behind`() throws {
        let patterns = try #require(TypePatterns("hash,img-*"))
        for (name, matches) in [("hash", true), ("hash2", false), ("img-", true), ("img-small", true), ("img", false), ("sum", false)] {
            #expect(patterns.match(try TaskType(name)) == matches, "\(name)")
        }
        #expect(!patterns.areAll && patterns.description == "hash,img-*")
    }

    @Test func `a star alone is every type`() throws {
        #expect(TypePatterns("*") == .all && TypePatterns("hash,*") == .all)
        #expect(TypePatterns.all.match(try TaskType("anything")))
    }

    @Test(arguments: ["", ",", "hash,", "Hash", "a*b", "**", "*a", "a b", "hash, sum", "-*"])
    func `nothing else is one`(text: String) { #expect(TypePatterns(text) == nil) }
}
