import Foundation
import TaskGridCore
import Testing
import WebSupport

@testable import Monitor

@Suite("The file of tokens") struct TokensFileTests {
    private let alice = "alice-has-this-token"
    private let bob = "bob-has-another-token"

    @Test func `a line has a name, roles, types and a token or its hash; comments and empty lines are skipped`() throws {
        let hash = AccessToken.digest(of: bob).map { $0 < 16 ? "0\(String($0, radix: 16))" : String($0, radix: 16) }.joined()
        let tokens = try TokensFile.read(
            """
            # name  roles  types  token
            alice   operator,submitter   *   \(alice)

              bob\tviewer hash,img-* sha256:\(hash)
            """)
        #expect(
            tokens == [
                AccessToken(Caller(name: "alice", roles: [.operator, .submitter]), digest: AccessToken.digest(of: alice)),
                AccessToken(
                    Caller(name: "bob", roles: [.viewer], types: try #require(TypePatterns("hash,img-*"))),
                    digest: AccessToken.digest(of: bob)),
            ])
        #expect(try TokensFile.read("").isEmpty)
    }

    @Test(arguments: [
        "alice operator SECRET-SECRET-SECRET", "alice operator * SECRET", "alice admin * SECRET-SECRET-SECRET",
        "alice operator, * SECRET-SECRET-SECRET", "alice operator Hash SECRET-SECRET-SECRET", "alice operator a*b SECRET-SECRET-SECRET",
        "alice operator * sha256:SECRET-SECRET-SECRET", "alice operator * SECRET-SECRET-SECRET more",
        "m\u{F6}bel operator * SECRET-SECRET-SECRET",
    ])
    func `a bad line is named by its number, and its token is not repeated`(line: String) {
        let failure = #expect(throws: TokensFile.Failure.self) { try TokensFile.read("# tokens\n\(line)\n") }
        #expect(failure?.line == 2 && failure?.reason.contains("SECRET") == false)
    }

    @Test func `a name and a token stand on one line each`() {
        for second in ["alice viewer * \(bob)", "carol viewer * \(alice)"] {
            let failure = #expect(throws: TokensFile.Failure.self) { try TokensFile.read("alice operator * \(alice)\n\(second)\n") }
            #expect(failure?.line == 2)
        }
    }

    @Test func `the documentation's file is one, and its hash is that of the token beside it`() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/Monitor/Monitor.docc/Access.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let file = try #require(text.split(separator: "```\n").first { $0.hasPrefix("# name") })
        let tokens = try TokensFile.read(String(file))
        let shown = try #require(text.firstMatch(of: #/printf %s (\w+) \| sha256sum\n(\w+)  -/#))
        #expect(tokens.map(\.caller.name) == ["alice", "grafana", "images"])
        #expect(tokens[1].matches(AccessToken.digest(of: String(shown.1))) && file.contains("sha256:\(shown.2)\n"))
    }

    @Test func `a token matches its own digest alone`() {
        let token = AccessToken(named: "alice", secret: alice)
        #expect(token.matches(AccessToken.digest(of: alice)))
        for other in [bob, "", alice + "x", String(alice.dropLast())] { #expect(!token.matches(AccessToken.digest(of: other))) }
        let short = AccessToken(Caller(name: "alice", roles: []), digest: AccessToken.digest(of: alice).dropLast())
        #expect(!short.matches(AccessToken.digest(of: alice)))
    }
}
