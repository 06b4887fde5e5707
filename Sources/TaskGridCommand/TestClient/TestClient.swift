import Foundation
import Synchronization
import TaskGridClient
import TaskGridCore

/// Tasks with known answers, submitted and checked.
final class TestClient: Sendable {
    private struct Tally {
        var right = 0
        var wrong = 0
    }

    let log: TrialLog
    private let patience: Duration
    private let tally = Mutex(Tally())

    init(log: TrialLog, patience: Duration) {
        self.log = log
        self.patience = patience
    }

    /// Submits all tasks at a time and waits for their answers.
    func round(_ number: Int, of tasks: [KnownTask], with client: GridClient) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in tasks { group.addTask { try await self.check(task, in: number, with: client) } }
            try await group.waitForAll()
        }
    }

    private func check(_ task: KnownTask, in round: Int, with client: GridClient) async throws {
        let start = ContinuousClock.now
        let place = "round \(round)  \(task.type)"
        do throws(ClientError) {
            let options = TaskOptions(deadline: min(patience, .seconds(30)))
            let payload = Data(task.payload.utf8)
            let submitted = try await client.submitAndWatch(task.type, payloads: [payload], options: options, within: patience)
            let id = submitted.ids[0]
            await note("submitted  \(place)  task \(id)  \(Self.quoted(task.payload))")
            for try await ending in submitted.endings {
                let time = "\((ContinuousClock.now - start).milliseconds) ms"
                let answer = String(decoding: ending.result, as: UTF8.self)
                // Bytes, since texts are equal whose characters are composed otherwise.
                if ending.state == .succeeded, ending.result == Data(task.answer.utf8) {
                    tally.withLock { $0.right += 1 }
                    await note("right  \(place)  task \(id)  \(Self.quoted(answer))  \(time)")
                } else {
                    tally.withLock { $0.wrong += 1 }
                    let what = ending.state == .succeeded ? Self.quoted(answer) : "\(ending.state) (\(ending.error?.description ?? ""))"
                    await note("WRONG  \(place)  task \(id)  \(what) instead of \(Self.quoted(task.answer))  \(time)")
                }
            }
        } catch {
            guard error.code != .cancelled else { throw CancellationError() }
            tally.withLock { $0.wrong += 1 }
            await note("MISSING  \(place)  \(error.message)")
        }
        try failure.withLock { failure in
            if let failure { throw failure }
        }
    }

    /// Why the log could not be written: thrown after the answer is known.
    private let failure = Mutex<(any Error)?>(nil)

    private func note(_ text: String) async {
        do {
            try await log.line(text)
        } catch {
            failure.withLock { $0 = error }
        }
    }

    /// Sums up.
    ///
    /// - Throws: `Failure` where an answer was wrong or missing.
    func finish() async throws {
        let (right, wrong) = tally.withLock { ($0.right, $0.wrong) }
        try await log.line("ended  \(right) right, \(wrong) wrong or missing")
        if wrong > 0 { throw Failure(.failed, "\(wrong) of \(right + wrong) answers were wrong or missing: see \(log.path)") }
    }

    private static func quoted(_ text: String) -> String {
        let shown = String(decoding: JSON.encode(text), as: UTF8.self)
        return shown.count <= 80 ? shown : shown.prefix(79) + "…"
    }
}
