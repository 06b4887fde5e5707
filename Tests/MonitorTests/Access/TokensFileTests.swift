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

    @Test func `a token matches its own digest alone`() {
        let token = AccessToken(named: "alice", secret: alice)
        #expect(token.matches(AccessToken.digest(of: alice)))
        for other in [bob, "", alice + "x", String(alice.dropLast())] { #expect(!token.matches(AccessToken.digest(of: other))) }
        #expect(!token.matches([]))
    }
}
