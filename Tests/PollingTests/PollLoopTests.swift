import Glibc
import Synchronization
import Testing

@testable import Polling

@Suite("A thread that polls and runs an actor's jobs", .timeLimit(.minutes(1)))
struct PollLoopTests {
    @Test func `jobs run on one thread, and wake it whenever it sleeps`() async {
        let actor = OneThread()
        for number in 0..<2000 { await actor.mark(number) }
        #expect(await actor.marks == Array(0..<2000))
        #expect(await actor.threads.count == 1)
        #expect(await actor.threads != [UInt(pthread_self())])
    }

    @Test func `jobs of many threads all run, each once and on the one thread`() async {
        let actor = OneThread()
        await actor.enqueue(2000)
        #expect(await actor.marks.sorted() == Array(0..<2000))
        #expect(await actor.threads.count == 1)
    }

    @Test func `jobs that one thread enqueues run in their order`() async {
        let loop = PollLoop(name: "order")
        let actor = Ordered(loop: loop)
        // Enqueued before the thread runs; unstructured, because each must have left its job in the queue when the next comes.
        for number in 0..<100 { Task.immediate { await actor.note(number) } }
        loop.join { [weak actor] _ in actor == nil ? nil : PollLoop.WakeCondition() }
        #expect(await actor.numbers == Array(0..<100))
    }

    @Test func `isolation holds on the thread and nowhere else`() async {
        let actor = OneThread()
        #expect(await actor.isIsolatingHere)
        #expect(!actor.isIsolating)
    }

    @Test func `a check of isolation from elsewhere ends the process`() async {
        await #expect(processExitsWith: .failure) { OneThread().check() }
    }

    @Test func `a deadline and a wake each bring a turn`() async {
        let turns = Mutex(0)
        let (stream, continuation) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(10))
        let actor = OneThread { isReadable in
            let turn = turns.withLock { turns in
                turns += 1
                return turns
            }
            if !isReadable { continuation.yield(turn) }
            // The first turn asks for another at a time; the later ones wait to be woken.
            return PollLoop.WakeCondition(deadline: turn == 1 ? .now + .milliseconds(5) : nil)
        }
        var iterator = stream.makeAsyncIterator()
        #expect(await iterator.next() == 1)
        #expect(await iterator.next() == 2)
        actor.wake()
        #expect(await iterator.next() == 3)
        _ = await actor.marks
        #expect(await iterator.next() == 4)
    }

    @Test func `bytes, room to write, and the end of a socket bring a turn`() async throws {
        var pair: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        let (near, far) = (pair[0], pair[1])
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .bufferingNewest(10))
        let turns = Mutex(0)
        let actor = OneThread { isReadable in
            let turn = turns.withLock { turns in
                turns += 1
                return turns
            }
            var bytes = [UInt8](repeating: 0, count: 10)
            let count = isReadable ? recv(near, &bytes, 10, Int32(MSG_DONTWAIT)) : -1
            // The turn after the first is due because the socket has room.
            if turn <= 2 || isReadable { continuation.yield(count >= 0 ? Array(bytes[..<count]) : [0xFF]) }
            return count == 0 ? PollLoop.WakeCondition() : PollLoop.WakeCondition(socket: near, wantsToWrite: turn == 1)
        }
        var iterator = stream.makeAsyncIterator()
        #expect(await iterator.next() == [0xFF])
        #expect(await iterator.next() == [0xFF])
        let bytes: [UInt8] = [7, 8]
        #expect(send(far, bytes, bytes.count, 0) == bytes.count)
        #expect(await iterator.next() == bytes)
        close(far)
        #expect(await iterator.next() == [])
        _ = await actor.marks
        close(near)
    }

    @Test func `actors that share a thread are polled by it, each with its own socket, until the last is gone`() async throws {
        var pair: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        let (near, far) = (pair[0], pair[1])
        let (stream, continuation) = AsyncStream.makeStream(of: UInt8.self, bufferingPolicy: .bufferingNewest(10))
        var first: OneThread? = OneThread()
        await first?.mark(0)
        let isClosed = Mutex(false)
        let second = OneThread(sharing: first) { isReadable in
            var byte: UInt8 = 0
            if isReadable {
                let count = recv(near, &byte, 1, Int32(MSG_DONTWAIT))
                if count >= 0 { continuation.yield(byte) }
                if count == 0 { isClosed.withLock { $0 = true } }
            }
            return isClosed.withLock { $0 } ? PollLoop.WakeCondition() : PollLoop.WakeCondition(socket: near)
        }
        await second.mark(1)
        #expect(await first?.threads == second.threads)
        first = nil
        var iterator = stream.makeAsyncIterator()
        for byte: UInt8 in [7, 8] {
            var byte = byte
            #expect(send(far, &byte, 1, 0) == 1)
            #expect(await iterator.next() == byte)
        }
        await second.mark(2)
        #expect(await second.threads.count == 1)
        close(far)
        #expect(await iterator.next() == 0)
        _ = await second.marks
        close(near)
    }

    @Test func `a task that prefers the thread runs on it, and changes to no other for its actor`() async {
        let actor = OneThread()
        await actor.mark(0)
        let thread = await actor.threads
        await withTaskGroup(of: Set<UInt>.self) { group in
            for _ in 0..<10 {
                group.addTask(executorPreference: actor.executor) {
                    var threads = [Self.thread()]
                    await actor.mark(1)
                    threads.append(Self.thread())
                    await Task.yield()
                    threads.append(Self.thread())
                    return Set(threads)
                }
            }
            for await threads in group { #expect(threads == thread) }
        }
        #expect(await actor.threads == thread)
    }

    @Test func `a task that outlives the actor whose thread it prefers comes to its end`() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let task: Task<Bool, Never>
        let hasEnded: @Sendable () -> Bool
        do {
            let actor = OneThread()
            await actor.mark(0)
            let thread = await actor.threads
            hasEnded = actor.end
            task = Task(executorPreference: actor.executor) {
                for await _ in stream {}
                return !thread.contains(Self.thread())
            }
        }
        while !hasEnded() { await Task.yield() }
        continuation.finish()
        #expect(await task.value)
    }

    private static func thread() -> UInt { UInt(pthread_self()) }

    @Test func `the thread ends once its actor is gone`() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        do {
            let witness = Witness(continuation)
            let actor = OneThread { _ in
                withExtendedLifetime(witness) { PollLoop.WakeCondition() }
            }
            await actor.mark(1)
        }
        for await _ in stream {}
    }
}

/// An actor on a loop that may not run yet.
private actor Ordered {
    private nonisolated let loop: PollLoop
    private(set) var numbers: [Int] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(loop: PollLoop) {
        self.loop = loop
    }

    deinit {
        loop.wake()
    }

    func note(_ number: Int) { numbers.append(number) }
}

/// Tells when nobody holds it any more.
private final class Witness: Sendable {
    private let continuation: AsyncStream<Void>.Continuation

    init(_ continuation: AsyncStream<Void>.Continuation) {
        self.continuation = continuation
    }

    deinit {
        continuation.finish()
    }
}
