import Logging
import ServiceSupport
import TaskGridCore

/// The history of the grid: writes a step each ten seconds, and reads windows of them.
actor GridHistory {
    private static let interval = Duration.seconds(1)
    private static let pruneInterval = Duration.seconds(60)

    private let store: HistoryStore
    private let grid: GridState
    private let logger: Logger
    private let vitals: Vitals
    private var recorder: HistoryRecorder
    /// Up to when history is complete: what comes after is still under way.
    private var complete: Timestamp
    private var lastPrune: Timestamp
    private var isFailing = false

    init(_ store: HistoryStore, grid: GridState, logger: Logger, vitals: Vitals = Vitals()) {
        self.vitals = vitals
        self.store = store
        self.grid = grid
        self.logger = logger
        let now = grid.now()
        recorder = HistoryRecorder(at: now)
        complete = HistoryStep.tenSeconds.start(now)
        lastPrune = now
    }

    /// Records until the task is cancelled.
    func run(_ pulse: Pulse) async {
        while (try? await Task.sleep(for: Self.interval)) != nil {
            pulse.works()
            await record()
            pulse.waits()
        }
        pulse.ends()
    }

    /// Writes down what is over.
    func record() async {
        let now = grid.now()
        guard let entry = recorder.record(grid.statistics, at: now) else { return }
        await add(entry)
        complete = entry.at + .seconds(HistoryStep.tenSeconds.seconds)
        guard lastPrune + Self.pruneInterval <= now else { return }
        lastPrune = now
        await attempt { try await $0.prune(at: now) }
    }

    /// Writes down the rest, and closes.
    func end() async {
        await add(recorder.recordRest(grid.statistics, at: grid.now()))
        await attempt { try $0.close() }
    }

    private func add(_ entry: HistoryRecorder.Entry) async { await attempt { try await $0.add(entry) } }

    /// The monitor goes on without its history: what cannot be written is a gap.
    private func attempt(_ body: @escaping @Sendable (HistoryStore) async throws -> Void) async {
        do {
            // Unstructured, so that what is under way when the monitor is told to stop is written down all the same.
            try await Task { [store] in try await body(store) }.value
            if isFailing { logger.notice("history can be written again") }
            isFailing = false
            tell(nil)
        } catch {
            if !isFailing { logger.warning("history cannot be written, it has a gap until it can", metadata: [LogKey.error: "\(error)"]) }
            isFailing = true
            tell("\(error)")
        }
    }

    private func tell(_ problem: String?) {
        grid.noteHistory(problem)
        vitals.problem("history", problem.map { "the history cannot be written: \($0)" })
    }

    /// The window, of a type or of all, that ends with the latest step that is complete.
    ///
    /// `until`: it ends before this time; nil: now.
    func report(_ type: TaskType?, _ window: HistoryWindow, until: Timestamp? = nil) async throws -> HistoryReport {
        let step = window.step
        // None begins before 1970.
        let end = step.start(max(min(complete, until ?? complete), Timestamp(rawValue: Int64(window.count) * step.milliseconds)))
        let last = end + .seconds(-step.seconds)
        let first = Timestamp(rawValue: last.rawValue - Int64(window.count - 1) * step.milliseconds)
        let rollups = try await store.rollups(of: type, step, in: first...last)
        let points = (0..<window.count).map { number in
            let at = Timestamp(rawValue: first.rawValue + Int64(number) * step.milliseconds)
            return HistoryReport.Point(at: at, rollup: rollups[at])
        }
        return HistoryReport(type: type, window: window, points: points)
    }
}
