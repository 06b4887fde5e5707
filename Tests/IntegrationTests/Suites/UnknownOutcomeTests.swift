import TaskGridClient
import TaskGridCore
import TaskStore
import TaskStoreSQLite
import TestSupport
import Testing

import class TaskStoreConformance.UncertainStore

@Suite("A dispatcher that is not told whether its commit was made", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(3)))
struct UnknownOutcomeTests {
    private let type = TaskType(literal: "echo")

    @Test(arguments: UncertainStore.Outcome.allCases)
    func `loses nothing, ends nothing twice, and its clients get their answers`(outcome: UncertainStore.Outcome) async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            try await grid.stopDispatcher()
            let store = UncertainStore(try await SQLiteTaskStore.inMemory())
            try await grid.startDispatcher(on: store)
            _ = try await grid.startWorkers([runs.worker(type)])
            for isMeant in [{ @Sendable in !$0.submissions.isEmpty }, { @Sendable in !$0.endings.isEmpty }]
                as [@Sendable (StoreChanges) -> Bool]
            {
                store.failNextCommit(outcome, where: isMeant)
                let submitted = try await grid.client.submitAndWatch(type, payloads: ["a", "b", "c"].payloads, within: .seconds(100))
                var endings: [TaskID: Ending] = [:]
                for try await ending in submitted.endings { endings[ending.id] = ending }
                #expect(submitted.ids.map { endings[$0]?.result.text } == ["a", "b", "c"])
                #expect(store.hasFailed)
            }
            let counters = try await grid.counters(type)
            #expect(counters.submitted == 6 && counters.succeeded == 6 && counters.balances)
        }
    }
}
