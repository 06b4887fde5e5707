import Foundation
import Synchronization
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("Expiries and timeouts")
struct ExpiryTests {
    @Test(
        "a task whose expiry has come when it is accepted is accepted, ends as expired, and never runs",
        arguments: [MessageForm.single, .batch],
        [Submission.Task(payload: Data(), expiry: .zero), .init(payload: Data(), expires: Timestamp(rawValue: 1))]
    )
    func atAcceptance(form: MessageForm, task: Submission.Task) async throws {
        let desk = try await Desk(time: ManualTime(isFrozen: true))
        _ = await desk.register()
        let out = await desk.submit(["x"], form: form) { $0 = task }
        let contents = try out.replies().map(\.content)
        #expect(contents == [.accepted(first: 1, count: 1), .ended([.init(id: 1, state: .expired, error: .expiry)])])
        #expect(try out.items().isEmpty)
        #expect(try await desk.tick().items().isEmpty)
        let counts = await desk.counts()
        #expect(counts.expired == 1 && counts.balances)
        #expect(try await desk.record(1)?.status == .expired)
    }

    @Test("a task that expires while it waits is not handed out any more, however late that is noticed")
    func whileWaiting() async throws {
        let desk = try await Desk(time: ManualTime(isFrozen: true))
        _ = await desk.register()
        _ = await desk.submit(["x"]) {
            $0.delay = .seconds(5)
            $0.expiry = .seconds(10)
        }
        desk.time.pass(.seconds(20))
        // A tick in which expiries are not looked at.
        #expect(try await desk.tick().items().isEmpty)
        #expect(try await desk.look().endings().map(\.state) == [.expired])
        #expect(await desk.counts().balances)
    }

    @Test("a task that expires in its work queue is cancelled there too")
    func inTheQueue() async throws {
        let desk = try await Desk(time: ManualTime(isFrozen: true))
        _ = await desk.register()
        _ = await desk.submit(["x"]) { $0.expiry = .seconds(5) }
        desk.time.pass(.seconds(6))
        let out = await desk.look()
        #expect(try out.endings().map(\.state) == [.expired])
        #expect(try out.cancels() == [.init(task: 1, attempt: 1)])
    }

    @Test("an expired task that is retried runs, without its expiry")
    func retried() async throws {
        let desk = try await Desk(time: ManualTime(isFrozen: true))
        _ = await desk.register()
        _ = await desk.submit(["x"]) { $0.expiry = .zero }
        let out = try await desk.order(RetryQuestion(tasks: [1]))
        #expect(out.0.tasks.map(\.outcome) == [.done])
        let items = try out.1.items() + (await desk.tick().items())
        #expect(items.map(\.id) == [1])
        #expect(try await desk.record(1)?.expires == nil)
    }

    private static let timeout = Duration.milliseconds(300)

    private func running() async throws -> Desk {
        let desk = try await Desk(DispatcherConfiguration(retry: RetryPolicy(maxAttempts: 1)), time: ManualTime(isFrozen: true))
        _ = await desk.register()
        _ = await desk.submit(["x"]) { $0.timeout = Self.timeout }
        _ = await desk.register(running: [.init(task: 1, attempt: 1)])
        #expect(await desk.counts().running == 1)
        return desk
    }

    @Test("an attempt whose worker does not end it is ended two seconds after its timeout, and cancelled")
    func timesOut() async throws {
        let desk = try await running()
        desk.time.pass(Self.timeout + WireFormat.timeoutGrace - .milliseconds(250))
        #expect(try await desk.tick().endings().isEmpty)
        let next = try #require(desk.scheduler.ticker.due)
        #expect(next - desk.time.source.moment() == .milliseconds(250), "the dispatcher wakes when the time is up")
        desk.time.pass(.milliseconds(250))
        let out = await desk.tick()
        #expect(try out.endings().map(\.error?.code) == [.timedOut])
        #expect(try out.cancels() == [.init(task: 1, attempt: 1)])
        let late = await desk.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data()), runTime: .seconds(5)))
        #expect(try late.endings().isEmpty)
    }

    @Test("a success that says itself that it ran for too long is late")
    func late() async throws {
        let desk = try await running()
        let out = await desk.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data()), runTime: .seconds(5)))
        #expect(try out.endings().map(\.error?.code) == [.timedOut])
    }

    @Test("a success within the grace counts")
    func withinGrace() async throws {
        let desk = try await running()
        desk.time.pass(.seconds(2))
        let out = await desk.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data()), runTime: .seconds(2)))
        #expect(try out.endings().map(\.state) == [.succeeded])
    }

    @Test("a success of an attempt that the dispatcher has ended for want of time is late, whatever it says", arguments: [false, true])
    func lateWord(isHandedOutAgain: Bool) async throws {
        var configuration = DispatcherConfiguration.quick
        if !isHandedOutAgain { configuration.retry.backoff = Backoff(base: .seconds(3600), ceiling: .seconds(3600)) }
        let desk = try await Desk(configuration, time: ManualTime(isFrozen: true))
        _ = await desk.register()
        _ = await desk.submit(["x"]) { $0.timeout = Self.timeout }
        _ = await desk.register(running: [.init(task: 1, attempt: 1)])
        desk.time.pass(.seconds(5))
        _ = await desk.tick()
        if isHandedOutAgain { _ = await desk.tick() }
        #expect(await desk.counts().queued == (isHandedOutAgain ? 1 : 0))
        let out = await desk.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data())))
        #expect(try out.endings().isEmpty)
        #expect(await desk.counts().succeeded == 0)
    }

    @Test("no timeout ends an attempt while the broker brings no word of its worker")
    func cutOff() async throws {
        let desk = try await running()
        desk.isCutOff.value.withLock { $0 = true }
        desk.time.pass(.seconds(60))
        #expect(try await desk.tick().endings().isEmpty)
        desk.isCutOff.value.withLock { $0 = false }
        #expect(try await desk.tick().endings().map(\.error?.code) == [.timedOut])
    }
}

extension Outbound {
    func cancels() throws -> [RegistryMessage.Held] {
        try publications.filter { $0.exchange == topology.control.name }.flatMap { try CancelRequest($0.message).tasks }
    }
}
