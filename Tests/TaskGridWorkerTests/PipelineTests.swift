import AMQP
import Foundation
import Synchronization
import TaskGridCore
import Testing

@testable import TaskGridWorker

@Suite(.timeLimit(.minutes(1))) struct PipelineTests {
    static let upper = Harness.worker { text, _ in text.uppercased() }

    @Test func `tasks run and are acknowledged`() async throws {
        try await Harness(Self.upper).run { harness in
            let tags = harness.broker.deliver(Harness.work((1, "a"), (2, "b")), Harness.work((3, "c"), form: .single))
            await harness.broker.until { Set($0.acknowledged) == Set(tags) }
            let items = harness.broker.events.items.sorted { $0.id < $1.id }
            #expect(items.map(\.id) == [1, 2, 3])
            #expect(items.map(\.outcome) == ["A", "B", "C"].map { .succeeded(Data($0.utf8)) })
            #expect(harness.broker.events.results.allSatisfy { $0.worker == "w" && $0.store == "s" })
        }
    }

    /// A marker is given back at once and in its place, and is never run.
    @Test func `a marker is given back in its place and never run`() async throws {
        try await Harness(Self.upper).run { harness in
            let marker = Work(form: .single, type: Harness.type, store: "s", items: [.init(id: .marker, attempt: 77, payload: Data())])
            let tags = harness.broker.deliver(marker)
            await harness.broker.until { $0.acknowledged == tags }
            #expect(harness.broker.events.items == [Results.Item(id: .marker, attempt: 77, outcome: .returned)])
            #expect(harness.broker.events.results.first?.store == "s")
        }
    }

    @Test func `work and requests of a user that is no service are sent to the dead and not heeded`() async throws {
        try await Harness(Self.upper).run { harness in
            var work = Harness.work((1, "a"), form: .single).message(isPersistent: false)
            work.properties.userID = "w-hash"
            var stop = WorkerRequest.stop.message()
            stop.properties.userID = "w-hash"
            let tags = harness.broker.deliver(messages: [work])
            harness.broker.deliver(control: stop)
            await harness.broker.until { $0.acknowledged == tags && $0.dead.count == 2 }
            let reasons = harness.broker.events.dead.map { $0.properties.headers["taskgrid-reason"]?.text ?? "" }
            #expect(reasons.allSatisfy { $0.hasPrefix("wrong_user: ") })
            #expect(harness.broker.events.items.isEmpty)
            harness.broker.deliver(Harness.work((2, "b")))
            await harness.broker.until { $0.items.map(\.id) == [2] }
        }
    }

    @Test(arguments: ["t-nameservice", "t-monitor"])
    func `only the dispatcher gives, cancels and stops work, and the nameservice asks for heartbeats`(user: String) async throws {
        try await Harness(Self.upper).run { harness in
            var work = Harness.work((1, "a"), form: .single).message(isPersistent: false)
            work.properties.userID = user
            harness.broker.deliver(messages: [work])
            var requests = WorkerRequest.allCases.map { $0.message() }
            requests.append(CancelRequest(tasks: [.init(task: 2, attempt: 1)]).message())
            requests.append(HeartbeatRequest(interval: 20).message())
            for var request in requests {
                request.properties.userID = user
                harness.broker.deliver(control: request)
            }
            let refused = user == "t-nameservice" ? 5 : 6
            let tags = harness.broker.deliver(Harness.work((2, "b")))
            await harness.broker.until { events in
                events.acknowledged.contains(tags[0]) && events.dead.count >= refused
                    && events.count { if case .acknowledgedControl = $0 { true } else { false } } == requests.count
            }
            #expect(harness.broker.events.dead.count == refused)
            #expect(harness.broker.events.items.map(\.outcome) == [.succeeded(Data("B".utf8))])
        }
    }

    @Test func `a delivery is acknowledged only once its results are confirmed`() async throws {
        try await Harness(Self.upper).run { harness in
            let gate = Gate()
            harness.broker.answer(.hold(gate))
            let tags = harness.broker.deliver(Harness.work((1, "a"), form: .single))
            await harness.broker.until { !$0.results.isEmpty }
            #expect(harness.broker.events.acknowledged.isEmpty)
            gate.open()
            await harness.broker.until { $0.acknowledged == tags }
            #expect(harness.broker.events.results.count == 1)
        }
    }

    /// Results that end while a confirm is awaited travel with the next message, together.
    @Test func `results that wait for a confirm travel together`() async throws {
        try await Harness(Self.upper, concurrency: 1).run { harness in
            let gate = Gate()
            harness.broker.answer(.hold(gate))
            harness.broker.deliver(Harness.work((1, "a"), form: .single))
            await harness.broker.until { !$0.results.isEmpty }
            let tags = harness.broker.deliver(Harness.work((2, "b"), form: .single), Harness.work((3, "c"), form: .single))
            while harness.pipeline.state.withLock({ $0.succeeded < 3 }) { await Task.yield() }
            gate.open()
            await harness.broker.until { $0.acknowledged.count == 3 }
            #expect(harness.broker.events.results.map(\.items.count) == [1, 2])
            #expect(harness.broker.events.results.map(\.form) == [.single, .batch])
            #expect(Array(harness.broker.events.acknowledged.suffix(2)) == tags)
        }
    }

    @Test func `a result that the broker may not have is published again`() async throws {
        try await Harness(Self.upper).run { harness in
            harness.broker.answer(.fail(.connectionLost), .nack, .noRoute, .fail(.timedOut), .confirm)
            let tags = harness.broker.deliver(Harness.work((1, "a"), form: .single))
            await harness.broker.until { $0.acknowledged == tags }
            #expect(harness.broker.events.items.count == 5)
            #expect(Set(harness.broker.events.items).count == 1)
        }
    }

    /// Its frames may be smaller than ours; the neighbours are sent all the same.
    @Test func `a result that the broker cannot carry fails its attempt`() async throws {
        try await Harness(Self.upper).run { harness in
            harness.broker.answer(.fail(.badMessage), .fail(.badMessage), .confirm)
            let tags = harness.broker.deliver(messages: ["a", "b"].map { Message(body: Data($0.utf8)) })
            await harness.broker.until { Set($0.acknowledged) == Set(tags) }
            #expect(harness.broker.events.dead.map { String(decoding: $0.body, as: UTF8.self) } == ["a", "b", "a", "b"])
            #expect(harness.errors.contains { $0.hasPrefix("message dropped") })
        }
    }

    @Test func `a redelivered message is not run`() async throws {
        let worker = Harness.worker { text, _ in
            Issue.record("ran \(text)")
            return text
        }
        try await Harness(worker).run { harness in
            let tags = harness.broker.deliver(Harness.work((1, "a"), (2, "b")), redelivered: true)
            await harness.broker.until { $0.acknowledged == tags }
            #expect(harness.broker.events.items.map(\.outcome) == [.interrupted, .interrupted])
            #expect(harness.broker.events.results.map(\.form) == [.batch])
        }
    }

    @Test func `a task that is to be announced is announced before it runs`() async throws {
        let ran = Gate()
        let worker = Harness.worker { text, _ in
            ran.open()
            return text
        }
        try await Harness(worker).run { harness in
            let gate = Gate()
            harness.broker.answer(.fail(.connectionLost), .hold(gate))
            let tags = harness.broker.deliver(Harness.work((1, "a"), form: .single, announce: true))
            await harness.broker.until { $0.items.count == 2 }
            #expect(harness.broker.events.items.map(\.outcome) == [.started, .started])
            #expect(harness.pipeline.state.withLock { $0.slotTable.waiting.count } == 1)
            gate.open()
            await ran.wait()
            await harness.broker.until { $0.acknowledged == tags }
            #expect(harness.broker.events.items.map(\.outcome) == [.started, .started, .succeeded(Data("a".utf8))])
        }
    }

    @Test func `errors of a worker keep their codes, and others are failures`() async throws {
        struct Broken: Error, CustomStringConvertible { var description: String { "no luck" } }
        let worker = Harness.worker { text, _ in
            switch text {
            case "invalid": throw TaskError(.invalidInput, "not that")
            case "poison": throw TaskError(.poison, "said a worker")
            default: throw Broken()
            }
        }
        try await Harness(worker).run { harness in
            let tags = harness.broker.deliver(Harness.work((1, "invalid"), (2, "poison"), (3, "x")))
            await harness.broker.until { $0.acknowledged == tags }
            #expect(
                harness.broker.events.items.map(\.outcome) == [
                    .failed(TaskError(.invalidInput, "not that")), .failed(TaskError(.failed, "said a worker")),
                    .failed(TaskError(.failed, "no luck")),
                ])
        }
    }

    @Test func `a bad payload is invalid input`() async throws {
        try await Harness(Self.upper).run { harness in
            var work = Harness.work((1, "a"), form: .single)
            work.items[0].payload = Data([0xFF])
            let tags = harness.broker.deliver(work)
            await harness.broker.until { $0.acknowledged == tags }
            let error = TaskError(.invalidInput, "the payload is not what test takes: byte 0 of 1 is no UTF-8")
            #expect(harness.broker.events.items.map(\.outcome) == [.failed(error)])
        }
    }

    @Test func `an unreadable message goes to the dead-letter queue`() async throws {
        try await Harness(Self.upper).run { harness in
            var other = Harness.work((1, "a"), form: .single)
            other.type = TaskType(literal: "other")
            let nonsense = Message(
                properties: BasicProperties(contentType: WireFormat.batchContentType, type: "test"), body: Data([1, 2, 3]))
            var long = Message(body: Data("x".utf8))
            long.properties.headers["big"] = .string(String(repeating: "x", count: 100_000))
            let tags = harness.broker.deliver(messages: [nonsense, other.message(isPersistent: false), long])
            await harness.broker.until { Set($0.acknowledged) == Set(tags) }
            let dead = harness.broker.events.dead
            let reasons = dead.map { $0.properties.headers[WireFormat.Header.reason]?.text ?? "" }
            #expect(dead.map(\.body) == [Data([1, 2, 3]), Data("a".utf8), Data("x".utf8)])
            #expect(reasons[0].hasPrefix("missing_property: ") || reasons[0].hasPrefix("malformed_body: "))
            #expect(reasons[1] == "bad_property: worker w does not run tasks of type other")
            #expect(reasons[2].hasPrefix("missing_property: "))
            #expect(dead[2].properties.headers["big"] == nil)
        }
    }

    /// A slow task holds up neither its neighbours in other messages nor, once it is known to be slow, its own.
    @Test func `a slow task does not hold up its neighbours`() async throws {
        let gate = Gate()
        let worker = Harness.worker { text, _ in
            if text == "slow" { await gate.wait() }
            return text
        }
        try await Harness(worker, concurrency: 2).run { harness in
            let slow = harness.broker.deliver(Harness.work((1, "fast"), (2, "slow"), (3, "fast")))
            let fast = harness.broker.deliver(Harness.work((4, "fast"), form: .single))
            await harness.broker.until { $0.acknowledged == fast }
            harness.clock.advance(by: .seconds(1))
            await harness.broker.until { $0.items.map(\.id).contains(1) }
            #expect(!harness.broker.events.acknowledged.contains(slow[0]))
            gate.open()
            await harness.broker.until { $0.acknowledged.contains(slow[0]) }
        }
    }

    /// A thread blocked or busy in each slot does not silence the host.
    @Test func `code that blocks its thread does not stop heartbeats`() async throws {
        let begun = (0..<2).map { _ in Gate() }
        let release = DispatchSemaphore(value: 0)
        let worker = Harness.worker { text, _ in
            begun[Int(text)!].open()
            release.wait()
            return text
        }
        try await Harness(worker, concurrency: 2).run { harness in
            let tags = harness.broker.deliver(Harness.work((1, "0"), form: .single), Harness.work((2, "1"), form: .single))
            for gate in begun { await gate.wait() }
            harness.clock.advance(by: .seconds(1))
            await harness.broker.until { $0.registry.last?.content.running.count == 2 }
            release.signal()
            release.signal()
            await harness.broker.until { Set($0.acknowledged) == Set(tags) }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a result that the broker does not take fails its task, and the worker goes on`() async throws {
        let harness = Harness(Harness.worker { text, _ in text == "large" ? String(repeating: "x", count: 1000) : text }, concurrency: 1)
        try await harness.run { harness in
            let broker = harness.broker
            broker.answer(.limit(500))
            let tags = broker.deliver(Harness.work((1, "large")))
            await broker.until { $0.acknowledged == tags }
            let more = broker.deliver(Harness.work((2, "small")))
            await broker.until { $0.acknowledged == tags + more }
            let ends = broker.events.items.filter { $0.id == 1 }.map(\.outcome)
            guard case .failed(let error) = try #require(ends.last) else { return #expect(Bool(false)) }
            #expect(error.code == .resultTooLarge)
            #expect(error.message.contains("a result of 1000 bytes; the broker takes messages of 500 bytes at most"))
            #expect(broker.events.items.last?.outcome == .succeeded(Data("small".utf8)))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `results that the broker does not take together are published in parts`() async throws {
        let harness = Harness(Harness.worker { _, _ in String(repeating: "x", count: 200) }, concurrency: 1)
        try await harness.run { harness in
            let broker = harness.broker
            broker.answer(.limit(500), .limit(500), .limit(500), .limit(500), .limit(500))
            let tags = broker.deliver(Harness.work((1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")))
            await broker.until { $0.acknowledged == tags }
            let taken = broker.events.publications.filter { $0.exchange == "t.results" && $0.message.body.count <= 500 }
            let items = try taken.flatMap { try Results($0.message).items }
            #expect(items.map(\.id).sorted() == [1, 2, 3, 4, 5])
            #expect(items.allSatisfy { $0.outcome == .succeeded(Data(repeating: UInt8(ascii: "x"), count: 200)) })
        }
    }
}
