import Testing

@testable import TaskGridWorker

@Suite struct WorkerIDTests {
    @Test func `a worker id consists of user, host, process and a random part`() throws {
        var generator = SystemRandomNumberGenerator()
        let id = WorkerID.make(user: "u", host: "node7", pid: 4711, using: &generator)
        #expect(try #require(try /u\.node7-4711-[0-9a-f]{12}/.wholeMatch(in: id)).0 == id[...])
        #expect(WorkerID.make(user: "u", host: "node7", pid: 4711, using: &generator) != id)
    }

    @Test func `a worker id is two words of a routing key`() {
        var generator = SystemRandomNumberGenerator()
        let id = WorkerID.make(user: "u", host: "nœud.example.*#" + String(repeating: "x", count: 500), pid: 1, using: &generator)
        #expect(id.hasPrefix("u.n-ud-example---xxx"))
        #expect(id.utf8.count < 100)
    }

    @Test func `a host without a name has an id too`() {
        var generator = SystemRandomNumberGenerator()
        #expect(WorkerID.make(user: "u", host: "", pid: 1, using: &generator).hasPrefix("u.host-1-"))
        #expect(!WorkerID.hostName.isEmpty)
    }
}
