import Synchronization
import Testing

@testable import TaskGridCommand

@Suite("The ordered pipeline", .timeLimit(.minutes(1)))
struct OrderedPipelineTests {
    @Test(arguments: [1, 2, 7])
    func `outcomes come in order though the first takes longest, and no more is read than its width`(width: Int) async throws {
        let (opened, open) = AsyncStream.makeStream(of: Void.self)
        let counts = Mutex((read: 0, emitted: 0, most: 0))
        var outcomes: [Int] = []
        try await OrderedPipeline.run(width: width) {
            counts.withLock { counts -> Int? in
                guard counts.read < 200 else { return nil }
                counts.read += 1
                counts.most = max(counts.most, counts.read - counts.emitted)
                // The first is done only once all have begun that may beside it.
                if counts.read == width { open.finish() }
                return counts.read - 1
            }
        } work: { number in
            if number == 0 { for await _ in opened {} }
            for _ in 0..<(7 - number % 7) { await Task.yield() }
            return number
        } emit: { number in
            counts.withLock { $0.emitted += 1 }
            outcomes.append(number)
        }
        #expect(outcomes == Array(0..<200))
        #expect(counts.withLock(\.most) == width)
    }

    @Test func `after a failure nothing more is begun, and what is under way comes to its end`() async throws {
        struct Broken: Error {}
        let (failed, fail) = AsyncStream.makeStream(of: Void.self)
        let counts = Mutex((read: 0, done: 0))
        var emitted: [Int] = []
        await #expect(throws: Broken.self) {
            try await OrderedPipeline.run(width: 4) {
                counts.withLock { counts -> Int? in
                    counts.read += 1
                    return counts.read - 1
                }
            } work: { number in
                if number == 1 {
                    fail.finish()
                    throw Broken()
                }
                // The others end after the failure.
                if number > 1 { for await _ in failed {} }
                counts.withLock { $0.done += 1 }
                return number
            } emit: { number in
                emitted.append(number)
            }
        }
        #expect(emitted == [0])
        let (read, done) = counts.withLock { $0 }
        #expect(done >= read - 2, "each that was begun, except the failed one; the last may have been read and not begun")
    }

    @Test func `it ends where somebody asks for it, though a read waits`() async throws {
        struct Stopped: Error {}
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        // Nothing comes of it, until the read is cancelled.
        let (silence, _) = AsyncStream.makeStream(of: Void.self)
        @Sendable func stop() async -> OrderedPipeline.Stop? {
            for await _ in begun {}
            return OrderedPipeline.Stop(error: Stopped())
        }
        await #expect(throws: Stopped.self) {
            try await OrderedPipeline.run(width: 4, stop: stop) {
                begin.finish()
                for await _ in silence {}
                return nil as Int?
            } work: {
                $0
            } emit: { (_: Int) in
            }
        }
    }

    @Test(arguments: [false, true]) func `a stop cuts waits short, and lets what is begun come to its end`(yields: Bool) async throws {
        struct Stopped: Error {}
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        let (stopping, stopped) = AsyncStream.makeStream(of: Void.self)
        let (silence, _) = AsyncStream.makeStream(of: Void.self)
        let counts = Mutex((read: 0, begun: 0))
        @Sendable func stop() async -> OrderedPipeline.Stop? {
            for await _ in asked {}
            stopped.finish()
            return OrderedPipeline.Stop(error: Stopped(), yields: yields)
        }
        await #expect(throws: Stopped.self) {
            try await OrderedPipeline.run(width: 8, stop: stop) {
                counts.withLock { counts -> Int? in
                    guard counts.read < 2 else { return nil }
                    counts.read += 1
                    return counts.read
                }
            } begin: { number in
                // The second is asked for and not yet accepted when the stop comes.
                if number == 2 { for await _ in stopping {} }
                counts.withLock { $0.begun += 1 }
                return number
            } wait: { number in
                if number == 1 { ask.finish() }
                for await _ in silence {}
                try Task.checkCancellation()
                return number
            } emit: { (_: Int) in
            }
        }
        #expect(counts.withLock(\.begun) == 2)
    }

    @Test func `nothing gives nothing; an error ends it`() async throws {
        struct Broken: Error {}
        try await OrderedPipeline.run(width: 3) {
            nil as Int?
        } work: {
            $0
        } emit: { _ in
            Issue.record("nothing was read")
        }
        await #expect(throws: Broken.self) {
            try await OrderedPipeline.run(width: 3) {
                1
            } work: { _ in
                throw Broken()
            } emit: { (_: Int) in
            }
        }
        await #expect(throws: Broken.self) {
            try await OrderedPipeline.run(width: 3) {
                1
            } work: {
                $0
            } emit: { _ in
                throw Broken()
            }
        }
    }
}
