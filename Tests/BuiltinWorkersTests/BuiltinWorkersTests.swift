import BuiltinWorkers
import TaskGridCore
import TaskGridWorker
import Testing

@Suite struct BuiltinWorkersTests {
    @Test func `every name has its worker`() throws {
        #expect(BuiltinWorkers.names == ["reverse", "sum", "hash", "upper", "wait"])
        #expect(BuiltinWorkers.all.map(\.type.name) == BuiltinWorkers.names)
        for name in BuiltinWorkers.names {
            #expect(try #require(BuiltinWorkers.make(named: name)).type.name == name)
        }
        #expect(BuiltinWorkers.make(named: "nonesuch") == nil)
    }

    @Test(arguments: [
        ("reverse", "ä🇩🇪"), ("sum", "[1]"), ("hash", "a"), ("upper", "ä"), ("wait", "3000"),
    ])
    func `every worker heeds a cancellation`(name: String, payload: String) async throws {
        let worker = try #require(BuiltinWorkers.make(named: name))
        await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await #expect(throws: CancellationError.self) { try await run(worker, payload) }
        }.value
    }
}
