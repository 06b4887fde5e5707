/// Works on many things at a time and gives the outcomes in the order of the things, with bounded memory.
enum OrderedPipeline {
    private enum Step<Input: Sendable, Output: Sendable>: Sendable {
        case read(Input?)
        case done(Int, Output)
    }

    /// - Parameters:
    ///   - width: how many things are read and not yet given out at most.
    ///   - read: the next thing; nil at the end. Called one at a time, beside the work.
    ///   - work: what is done with each.
    ///   - emit: gets the outcomes in order.
    static func run<Input: Sendable, Output: Sendable>(
        width: Int, read: @escaping @Sendable () async throws -> Input?, work: @escaping @Sendable (Input) async throws -> Output,
        emit: (Output) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Step<Input, Output>.self) { group in
            var started = 0
            var emitted = 0
            var isReading = true
            var isAtEnd = false
            var early: [Int: Output] = [:]
            group.addTask { .read(try await read()) }
            while let step = try await group.next() {
                switch step {
                case .read(let input?):
                    isReading = false
                    let number = started
                    started += 1
                    group.addTask { .done(number, try await work(input)) }
                case .read(nil):
                    isReading = false
                    isAtEnd = true
                case .done(let number, let output):
                    early[number] = output
                    while let output = early.removeValue(forKey: emitted) {
                        try await emit(output)
                        emitted += 1
                    }
                }
                if !isAtEnd, !isReading, started - emitted < width {
                    isReading = true
                    group.addTask { .read(try await read()) }
                }
            }
        }
    }
}
