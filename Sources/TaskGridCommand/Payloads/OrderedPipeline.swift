/// Works on many things at a time and gives the outcomes in the order of the things, with bounded memory.
enum OrderedPipeline {
    private enum Step<Input: Sendable, Begun: Sendable, Output: Sendable>: Sendable {
        case read(Result<Input?, any Error>)
        case begun(Int, Result<Begun, any Error>)
        case done(Int, Result<Output, any Error>)
        /// Somebody asked for its end.
        case stopped(Stop)
        /// Work that was under way then has had its time.
        case timeIsUp
    }

    /// A reason to end before all is done.
    struct Stop: Sendable {
        let error: any Error
        /// Whether a failure of a thing says more.
        var yields = false
    }

    /// How long what is under way may take once its end was asked for.
    private static let patience = Duration.seconds(5)

    /// After a failure nothing more is begun, and what is under way goes on to its end: it cannot be taken back.
    ///
    /// - Parameters:
    ///   - width: how many things are read and not yet given out at most.
    ///   - stop: returns when it is to end before its time. Work under way then has some seconds more, and waits end with it.
    ///   - read: the next thing; nil at the end, and soon after a cancellation. Called one at a time, beside the work.
    ///   - begin: the part of the work that cannot be taken back.
    ///   - wait: the rest of it, which may be cut short.
    ///   - emit: gets the outcomes in order, up to the first thing that failed.
    /// - Throws: why the first thing failed; the error of `stop`.
    static func run<Input: Sendable, Begun: Sendable, Output: Sendable>(
        width: Int, stop: (@Sendable () async -> Stop?)? = nil, read: @escaping @Sendable () async throws -> Input?,
        begin: @escaping @Sendable (Input) async throws -> Begun, wait: @escaping @Sendable (Begun) async throws -> Output,
        emit: (Output) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Step<Input, Begun, Output>?.self) { group in
            var started = 0
            var emitted = 0
            var beginning = 0
            var waiting = 0
            var isStopped = false
            var isTimeUp = false
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
            while isReading || beginning > 0 || waiting > 0, let step = try await group.next() {
                switch step {
                case .read(.success(let input?)):
                    isReading = false
                    guard failure == nil else { break }
                    let number = started
                    started += 1
                    beginning += 1
                    group.addTask { .begun(number, await result { try await begin(input) }) }
                case .read(.success(nil)):
                    isReading = false
                    isAtEnd = true
                case .read(.failure(let error)):
                    isReading = false
                    fail(started, error)
                case .begun(let number, .success(let begun)):
                    beginning -= 1
                    waiting += 1
                    group.addTask { .done(number, await result { try await wait(begun) }) }
                case .begun(let number, .failure(let error)):
                    beginning -= 1
                    if !isTimeUp { fail(number, error) }
                case .done(let number, .success(let output)):
                    waiting -= 1
                    early[number] = output
                    while let output = early.removeValue(forKey: emitted) {
                        try await emit(output)
                        emitted += 1
                    }
                case .done(let number, .failure(let error)):
                    waiting -= 1
                    // Nobody reads what the others would print.
                    if error is BrokenOutput { throw error }
                    // A wait that was cut short says nothing.
                    if !isStopped { fail(number, error) }
                case .stopped(let stop):
                    isStopped = true
                    fail(stop.yields ? .max - 1 : -1, stop.error)
                    group.addTask {
                        try? await Task.sleep(for: patience)
                        return .timeIsUp
                    }
                case .timeIsUp:
                    isTimeUp = true
                    group.cancelAll()
                case nil: break
                }
                if !isAtEnd, !isReading, started - emitted < width { readOn() }
                // A read may wait for a person, who has no more to say.
                if failure != nil, beginning == 0, isStopped || waiting == 0 { group.cancelAll() }
            }
            group.cancelAll()
            if let failure { throw failure.error }
        }
    }

    /// The same for work that is all begun.
    static func run<Input: Sendable, Output: Sendable>(
        width: Int, stop: (@Sendable () async -> Stop?)? = nil, read: @escaping @Sendable () async throws -> Input?,
        work: @escaping @Sendable (Input) async throws -> Output, emit: (Output) async throws -> Void
    ) async throws {
        try await run(width: width, stop: stop, read: read, begin: work, wait: { $0 }, emit: emit)
    }

    private static func result<Value>(_ body: () async throws -> Value) async -> Result<Value, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}
