import Foundation
import Histogram
import TaskGridClient
import TaskGridCore

/// The runs of the benchmark, as a client sees the grid: each task is submitted, accepted, run, and its result received and
/// checked.
struct BenchRuns {
    let client: GridClient
    let load: BenchLoad
    /// The process that runs the grid, where it is on this machine.
    let grid: Int32?

    /// Many tasks at once, from the first submission to the last result.
    func bulk(_ count: Int, _ progress: ProgressBar) async throws -> Measurement {
        let payloads = (0..<count).map(load.payload)
        return try await measured { measurement in
            let submitted = try await client.submitAndWatch(load.type, payloads: payloads)
            guard let first = submitted.ids.first else { return }
            let isInARow = zip(submitted.ids, submitted.ids.dropFirst()).allSatisfy { $1 == $0.advanced(by: 1) }
            let indexes = isInARow ? nil : Self.indexes(of: submitted.ids)
            for try await ending in submitted.endings {
                let index = indexes.map { $0[ending.id] } ?? Int(ending.id.rawValue - first.rawValue)
                measurement.tasks += 1
                if !(index.map { isRight(ending, payloads[$0]) } ?? false) { measurement.wrong += 1 }
                if measurement.tasks % 100 == 0 { progress.advance(by: 100, share: 100 / Double(count)) }
            }
        }
    }

    /// The index of each id, if they are not in a row.
    private static func indexes(of ids: [TaskID]) -> [TaskID: Int] {
        Dictionary(ids.enumerated().map { ($1, $0) }) { first, _ in first }
    }

    /// Submitters that each wait for the result of their own task before they submit the next.
    func concurrent(_ count: Int, by submitters: Int, _ progress: ProgressBar) async throws -> Measurement {
        try await measured { measurement in
            try await withThrowingTaskGroup(of: Measurement.self) { group in
                for submitter in 0..<submitters {
                    let share = count / submitters + (submitter < count % submitters ? 1 : 0)
                    group.addTask { try await oneByOne(share, from: submitter * count, of: count, progress) }
                }
                for try await part in group {
                    measurement.tasks += part.tasks
                    measurement.wrong += part.wrong
                    measurement.times.add(part.times)
                }
            }
        }
    }

    /// One task after the other.
    func lone(_ count: Int, _ progress: ProgressBar) async throws -> Measurement {
        try await measured { $0 = try await oneByOne(count, from: 0, of: count, progress) }
    }

    private func oneByOne(_ count: Int, from number: Int, of all: Int, _ progress: ProgressBar) async throws -> Measurement {
        var measurement = Measurement()
        for number in number..<(number + count) {
            let payload = load.payload(number)
            let start = ContinuousClock.now
            let ending = try await client.run(load.type, payload: payload)
            measurement.record(start.duration(to: .now))
            measurement.tasks += 1
            if !isRight(ending, payload) { measurement.wrong += 1 }
            progress.advance(share: 1 / Double(all))
        }
        return measurement
    }

    private func isRight(_ ending: Ending, _ payload: Data) -> Bool {
        ending.state == .succeeded && load.isRight(ending.result, for: payload)
    }

    private func measured(_ body: (inout Measurement) async throws -> Void) async throws -> Measurement {
        var measurement = Measurement()
        let before = ProcessUsage.all(below: grid)
        let start = ContinuousClock.now
        try await body(&measurement)
        measurement.seconds = start.duration(to: .now) / .seconds(1)
        measurement.usage = ProcessUsage.between(before, ProcessUsage.all(below: grid))
        return measurement
    }
}
