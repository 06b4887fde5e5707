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
        arguments: [MessageForm.single, .batch],
        [TaskSettings(expiry: .zero), TaskSettings(expires: Timestamp(rawValue: 1))])
    func `a task whose expiry has come when it is accepted is accepted, ends as expired, and never runs`(
        form: MessageForm, settings: TaskSettings
    ) async throws {
        let harness = try await SchedulerHarness(time: ManualTime(isFrozen: true))
        _ = await harness.register()
        let out = await harness.submit(["x"], form: form) { $0 = settings }
        let contents = try out.replies().map(\.content)
        #expect(contents == [.accepted(first: 1, count: 1), .ended([.init(id: 1, state: .expired, error: .expiry)])])
        #expect(try out.items().isEmpty)
        #expect(try await harness.tick().items().isEmpty)
        let counts = await harness.counts()
        #expect(counts.expired == 1 && counts.balances)
        #expect(try await harness.record(1)?.status == .expired)
    }

    @Test func `a task that expires while it waits is not handed out any more, however late that is noticed`() async throws {
        let harness = try await SchedulerHarness(time: ManualTime(isFrozen: true))
        _ = await harness.register()
        _ = await harness.submit(["x"]) {
            $0.delay = .seconds(5)
            $0.expiry = .seconds(10)
        }
        harness.time.pass(.seconds(20))
        // A tick in which expiries are not looked at.
        #expect(try await harness.tick().items().isEmpty)
        #expect(try await harness.look().endings().map(\.state) == [.expired])
        #expect(await harness.counts().balances)
    }

    @Test func `a task that expires in its work queue is cancelled there too`() async throws {
        let harness = try await SchedulerHarness(time: ManualTime(isFrozen: true))
        _ = await harness.register()
        _ = await harness.submit(["x"]) { $0.expiry = .seconds(5) }
        harness.time.pass(.seconds(6))
        let out = await harness.look()
        #expect(try out.endings().map(\.state) == [.expired])
        #expect(try out.cancels() == [.init(task: 1, attempt: 1)])
    }

    @Test func `an expired task that is retried runs, without its expiry`() async throws {
        let harness = try await SchedulerHarness(time: ManualTime(isFrozen: true))
        _ = await harness.register()
        _ = await harness.submit(["x"]) { $0.expiry = .zero }
        let out = try await harness.command(RetryQuery(tasks: [1]))
        #expect(out.0.tasks.map(\.outcome) == [.done])
        let items = try out.1.items() + (await harness.tick().items())
        #expect(items.map(\.id) == [1])
        #expect(try await harness.record(1)?.expires == nil)
    }

    private static let timeout = Duration.milliseconds(300)

    private func running() async throws -> SchedulerHarness {
        let harness = try await SchedulerHarness(
            DispatcherConfiguration(retry: RetryPolicy(maxAttempts: 1)), time: ManualTime(isFrozen: true))
        _ = await harness.register()
        _ = await harness.submit(["x"]) { $0.timeout = Self.timeout }
        _ = await harness.register(running: [.init(task: 1, attempt: 1)])
        #expect(await harness.counts().running == 1)
        return harness
    }

    @Test func `an attempt whose worker does not end it is ended two seconds after its timeout, and cancelled`() async throws {
        let harness = try await running()
        harness.time.pass(Self.timeout + WireFormat.timeoutGrace - .milliseconds(250))
        #expect(try await harness.tick().endings().isEmpty)
        let next = try #require(harness.scheduler.ticker.due)
        #expect(next - harness.time.source.moment() == .milliseconds(250), "the dispatcher wakes at the timeout")
        harness.time.pass(.milliseconds(250))
        let out = await harness.tick()
        #expect(try out.endings().map(\.error?.code) == [.timedOut])
        #expect(try out.cancels() == [.init(task: 1, attempt: 1)])
        let late = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data()), runTime: .seconds(5)))
        #expect(try late.endings().isEmpty)
    }

    @Test func `a success whose run time is too long is late`() async throws {
        let harness = try await running()
        let out = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data()), runTime: .seconds(5)))
        #expect(try out.endings().map(\.error?.code) == [.timedOut])
    }

    @Test func `a success within the grace counts`() async throws {
        let harness = try await running()
        harness.time.pass(.seconds(2))
        let out = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data()), runTime: .seconds(2)))
        #expect(try out.endings().map(\.state) == [.succeeded])
    }

    @Test(arguments: [false, true])
    func `a success of an attempt that the dispatcher has ended for want of time is late, whatever it says`(isHandedOutAgain: Bool)
        async throws
    {
        var configuration = DispatcherConfiguration.quick
        if !isHandedOutAgain { configuration.retry.backoff = Backoff(base: .seconds(3600), ceiling: .seconds(3600)) }
        let harness = try await SchedulerHarness(configuration, time: ManualTime(isFrozen: true))
        _ = await harness.register()
        _ = await harness.submit(["x"]) { $0.timeout = Self.timeout }
        _ = await harness.register(running: [.init(task: 1, attempt: 1)])
        harness.time.pass(.seconds(5))
        _ = await harness.tick()
        if isHandedOutAgain { _ = await harness.tick() }
        #expect(await harness.counts().queued == (isHandedOutAgain ? 1 : 0))
        let out = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data())))
        #expect(try out.endings().isEmpty)
        #expect(await harness.counts().succeeded == 0)
    }

    @Test func `no timeout ends an attempt while the broker brings no word of its worker`() async throws {
        let harness = try await running()
        harness.isCutOff.value.withLock { $0 = true }
        harness.time.pass(.seconds(60))
        #expect(try await harness.tick().endings().isEmpty)
        harness.isCutOff.value.withLock { $0 = false }
        #expect(try await harness.tick().endings().map(\.error?.code) == [.timedOut])
    }
}

extension Outbound {
    func cancels() throws -> [RegistryMessage.Held] {
        try publications.filter { $0.exchange == topology.control.name }.flatMap { try CancelRequest($0.message).tasks }
    }
}
