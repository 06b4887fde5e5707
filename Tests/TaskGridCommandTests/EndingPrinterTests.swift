import Foundation
import Synchronization
import TaskGridClient
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite struct EndingPrinterTests {
    private func ending(_ line: Int, _ state: TaskState = .succeeded) -> Ending {
        Ending(id: TaskID(Int64(100 + line)), state: state, attempt: 1, worker: "w")
    }

    @Test func `each ending is printed as soon as it and those before it are there`() async throws {
        let printed = Mutex<[TaskID]>([])
        let acceptances = Acceptances(namesLines: true)
        let run = PayloadReader.Run(payloads: Array(repeating: Data(), count: 5))
        _ = try acceptances.add(run, (1...5).map { .success(TaskID(Int64(100 + $0))) })
        let printer = EndingPrinter(acceptances, ProgressBar("ended", isWanted: false)) { ending in
            printed.withLock { $0.append(ending.id) }
        }
        try await printer.ended(ending(2), line: 2)
        #expect(printed.withLock { $0 } == [])
        try await printer.ended(ending(1), line: 1)
        #expect(printed.withLock { $0 } == [101, 102])
        try await printer.ended(ending(4, .failed), line: 4)
        #expect(printed.withLock { $0 } == [101, 102])
        #expect(acceptances.untold() == ["lines 3 to 5 were accepted as tasks 103 to 105"])

        // After Ctrl-C, lines that name their tasks need not wait for those before them.
        try await printer.printEarly(gap: nil)
        #expect(printed.withLock { $0 } == [101, 102, 104])
        #expect(acceptances.untold() == ["line 3 was accepted as task 103", "line 5 was accepted as task 105"])
        #expect(await printer.failures == 1)
    }

    @Test func `an early end prints what has ended, with an empty line for each that has not, so that lines keep their numbers`()
        async throws
    {
        let printed = Mutex<[TaskID?]>([])
        let printer = EndingPrinter(Acceptances(namesLines: true), ProgressBar("ended", isWanted: false)) { ending in
            printed.withLock { $0.append(ending.id) }
        }
        for line in [1, 3, 4, 7] { try await printer.ended(ending(line), line: line) }
        try await printer.printEarly { printed.withLock { $0.append(nil) } }
        #expect(printed.withLock { $0 } == [101, nil, 103, 104, nil, nil, 107])
    }

    @Test func `endings that nobody reads are told as accepted`() async throws {
        struct Closed: Error {}
        let acceptances = Acceptances(namesLines: true)
        let run = PayloadReader.Run(payloads: Array(repeating: Data(), count: 3))
        _ = try acceptances.add(run, (1...3).map { .success(TaskID(Int64(100 + $0))) })
        let printer = EndingPrinter(acceptances, ProgressBar("ended", isWanted: false)) { ending in
            if ending.id == 102 { throw Closed() }
        }
        for line in 2...3 { try await printer.ended(ending(line), line: line) }
        await #expect(throws: Closed.self) { try await printer.ended(ending(1), line: 1) }
        #expect(acceptances.untold() == ["lines 1 to 3 were accepted as tasks 101 to 103"])
    }

    @Test func `endings that come while one is being printed wait for it and keep their order`() async throws {
        let (opened, open) = AsyncStream.makeStream(of: Void.self)
        let (began, begin) = AsyncStream.makeStream(of: Void.self)
        let printed = Mutex<[TaskID]>([])
        let printer = EndingPrinter(Acceptances(namesLines: true), ProgressBar("ended", isWanted: false)) { ending in
            if ending.id == 101 {
                begin.finish()
                for await _ in opened {}
            }
            printed.withLock { $0.append(ending.id) }
        }
        async let first: Void = printer.ended(ending(1), line: 1)
        for await _ in began {}
        try await printer.ended(ending(3), line: 3)
        try await printer.ended(ending(2), line: 2)
        #expect(printed.withLock { $0 } == [])
        open.finish()
        try await first
        #expect(printed.withLock { $0 } == [101, 102, 103])
    }
}
