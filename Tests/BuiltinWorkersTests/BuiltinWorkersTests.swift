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
}
