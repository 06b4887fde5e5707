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
            while let ending = early.removeValue(forKey: next) {
                try await print(ending, line: next)
                next += 1
            }
            try await Output.standard.flush()
        }
    }

    /// Prints those that have ended though one before them has not: for lines that name their tasks.
    func printEarly() async throws {
        let rest = early.sorted { $0.key < $1.key }
        early = [:]
        for (line, ending) in rest { try await print(ending, line: line) }
        try await Output.standard.flush()
    }

    private func print(_ ending: Ending, line: Int) async throws {
        if ending.state != .succeeded { failures += 1 }
        try await emit(ending)
        acceptances.told(line: line)
    }
}
