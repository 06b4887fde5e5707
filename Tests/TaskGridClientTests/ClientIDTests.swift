import TaskGridCore
import Testing

@testable import TaskGridClient

@Suite struct ClientIDTests {
    @Test func `a client id consists of user, host, process and a random part`() throws {
        let id = ClientID.make(user: "app", host: "nœud.example", pid: 4711)
        #expect(try /app\.n-ud-example-4711-[0-9a-z]{1,7}/.wholeMatch(in: id) != nil, "\(id)")
    }

    @Test func `the id of the longest user, host and process is within the wire's limit`() {
        let user = String(repeating: "u", count: 64)
        #expect(GridUser.isValid(name: user))
        // The random part varies in length.
        for _ in 0..<100 {
            let id = ClientID.make(user: user, host: String(repeating: "h", count: 255), pid: .max)
            #expect(id.utf8.count <= WireFormat.maximumIDLength, "\(id)")
        }
    }
}
