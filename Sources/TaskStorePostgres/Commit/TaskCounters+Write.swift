import Postgres
import TaskGridCore
import TaskStore

extension TaskCounters<Int32> {
    func write(to pipeline: inout Pipeline) {
        guard !additions.isEmpty else { return }
        // In one order, so that transactions of two slots never wait for each other in a circle.
        let added = additions.sorted { $0.key < $1.key }
        func column(_ count: (TaskCounts) -> Int) -> [Int64] { added.map { Int64(count($0.value)) } }
        pipeline.add(
            CommitSQL.addCounters, SlotState.number, added.map(\.key), column(\.submitted), column(\.succeeded), column(\.failed),
            column(\.cancelled), column(\.expired), added.map { Int64(kept($0.key)) })
    }
}
