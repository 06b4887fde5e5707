/// Works on many things at a time and gives the outcomes in the order of the things, with bounded memory.
enum OrderedPipeline {
    private enum Step<Input: Sendable, Output: Sendable>: Sendable {
        case read(Result<Input?, any Error>)
        case done(Int, Result<Output, any Error>)
        /// Somebody asked for its end.
        case stopped(any Error)
        /// Work that was under way then has had its time.
        case timeIsUp
    }

    /// How long what is under way may take once its end was asked for.
    private static let patience = Duration.seconds(5)

    /// After a failure nothing more is begun, and what is under way goes on to its end: it cannot be taken back.
    ///
    /// - Parameters:
    ///   - width: how many things are read and not yet given out at most.
    ///   - stop: returns an error when it is to end before its time; work under way then has some seconds more.
    ///   - read: the next thing; nil at the end, and soon after a cancellation. Called one at a time, beside the work.
    ///   - work: what is done with each.
    ///   - emit: gets the outcomes in order, up to the first thing that failed.
    /// - Throws: why the first thing failed; the error of `stop`.
    static func run<Input: Sendable, Output: Sendable>(
        width: Int, stop: (@Sendable () async -> (any Error)?)? = nil, read: @escaping @Sendable () async throws -> Input?,
        work: @escaping @Sendable (Input) async throws -> Output, emit: (Output) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Step<Input, Output>?.self) { group in
            var started = 0
            var emitted = 0
            var underWay = 0
            var isReading = true
            var isAtEnd = false
            var early: [Int: Output] = [:]
            var failure: (number: Int, error: any Error)?
            func fail(_ number: Int, _ error: any Error) {
                isAtEnd = true
                if number < failure?.number ?? .max { failure = (number, error) }
            }
            func readOn() {
                isReading = true
                group.addTask { .read(await result { try await read() }) }
            }
            readOn()
            if let stop { group.addTask { await stop().map { .stopped($0) } } }
            while isReading || underWay > 0, let step = try await group.next() {
                switch step {
                case .read(.success(let input?)):
                    isReading = false
                    guard failure == nil else { break }
                    let number = started
                    started += 1
                    underWay += 1
                    group.addTask { .done(number, await result { try await work(input) }) }
                case .read(.success(nil)):
                    isReading = false
                    isAtEnd = true
                case .read(.failure(let error)):
                    isReading = false
                    fail(started, error)
                case .done(let number, .success(let output)):
                    underWay -= 1
                    early[number] = output
                    while let output = early.removeValue(forKey: emitted) {
                        try await emit(output)
                        emitted += 1
                    }
                case .done(let number, .failure(let error)):
                    underWay -= 1
                    fail(number, error)
                case .stopped(let error):
                    // It comes before whatever fails because of it.
                    fail(-1, error)
                    group.addTask {
                        try? await Task.sleep(for: patience)
                        return .timeIsUp
                    }
                case .timeIsUp: group.cancelAll()
                case nil: break
                }
                if !isAtEnd, !isReading, started - emitted < width { readOn() }
                // A read may wait for a person, who has no more to say.
                if failure != nil, underWay == 0 { group.cancelAll() }
            }
            group.cancelAll()
            if let failure { throw failure.error }
        }
    }

    private static func result<Value>(_ body: () async throws -> Value) async -> Result<Value, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}
