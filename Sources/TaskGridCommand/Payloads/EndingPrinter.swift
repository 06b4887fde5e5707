import TaskGridClient
import TaskGridCore

/// Prints how tasks ended in the order of their payloads: each as soon as it and those before it have ended.
actor EndingPrinter {
    private let acceptances: Acceptances
    private let progress: ProgressBar
    private let emit: @Sendable (Ending) async throws -> Void
    /// Those that ended before one before them, by the lines of their payloads.
    private var early: [Int: Ending] = [:]
    private var next = 1
    private var isPrinting = false
    /// How many did not succeed.
    private(set) var failures = 0

    init(_ acceptances: Acceptances, _ progress: ProgressBar, emit: @escaping @Sendable (Ending) async throws -> Void) {
        self.acceptances = acceptances
        self.progress = progress
        self.emit = emit
    }

    /// The task of a line has ended.
    func ended(_ ending: Ending, line: Int) async throws {
        early[line] = ending
        // A print waits for its reader, and another ending comes meanwhile: that is left to the print.
        guard !isPrinting, early[next] != nil else { return }
        isPrinting = true
        defer { isPrinting = false }
        try await progress.hidden {
            let first = next
            while let ending = early.removeValue(forKey: next) {
                try await emitCounted(ending)
                next += 1
            }
            try await Output.standard.flush()
            // Only now: nobody may read what is written.
            for line in first..<next { acceptances.told(line: line) }
        }
    }

    /// Prints those that have ended though one before them has not.
    ///
    /// - Parameter gap: prints a line for one that has not ended; nil: the lines name their tasks.
    func printEarly(gap: (@Sendable () async throws -> Void)?) async throws {
        let rest = early.sorted { $0.key < $1.key }
        early = [:]
        for (line, ending) in rest {
            if let gap { for _ in next..<line { try await gap() } }
            try await emitCounted(ending)
            next = line + 1
        }
        try await Output.standard.flush()
        for (line, _) in rest { acceptances.told(line: line) }
    }

    private func emitCounted(_ ending: Ending) async throws {
        if ending.state != .succeeded { failures += 1 }
        try await emit(ending)
    }
}
