import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite struct KnownTypesTests {
    private let known = KnownTypes(["hash", "reverse"].map { TaskType(literal: $0) })

    @Test func `a type that the grid does not know is an error that lists the types`() {
        let error = #expect(throws: Failure.self) { try known.check(TaskType(literal: "nope")) }
        #expect(error == Failure(.unknown, "the grid knows no type 'nope': it knows hash, reverse"))
        #expect(throws: Never.self) { try known.check(TaskType(literal: "hash")) }
        #expect(throws: Never.self) { try known.check(nil) }
    }

    @Test func `an error about an unknown type is followed by the one that may be meant`() {
        #expect(known.suggestion(for: TaskType(literal: "hsah")) == "; did you mean 'hash'?")
        #expect(known.suggestion(for: TaskType(literal: "hash")) == "" && known.suggestion(for: TaskType(literal: "other")) == "")
    }

    @Test func `the error says how to begin if no type is known, and a long list is cut`() {
        let none = KnownTypes([] as [TaskType]).failure(TaskType(literal: "nope"))
        #expect(none.message == "the grid knows no type 'nope': it knows none yet; start a worker, as with 'taskgrid worker reverse'")
        let many = KnownTypes((10..<40).compactMap { try? TaskType("type-\($0)") }).failure(TaskType(literal: "nope"))
        #expect(many.message?.hasSuffix("type-28, type-29 and 10 more") == true, "\(many.message ?? "")")
    }

    @Test func `advice names a type that there is`() {
        #expect(WorkersCommand.none(of: nil) == "no workers live: start one, such as with 'taskgrid worker reverse'\n")
        #expect(
            WorkersCommand.none(of: TaskType(literal: "hash"))
                == "no workers live for hash: start one with 'taskgrid worker hash'\n")
        #expect(WorkersCommand.none(of: TaskType(literal: "greet")) == "no workers live for greet: start one\n")
    }
}
