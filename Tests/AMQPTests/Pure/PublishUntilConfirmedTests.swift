import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AMQP

/// A broker that answers one publish after another as the test says, and repeats its last answer.
private final class ScriptedPublisher: MessagePublisher {
    enum Answer {
        case outcomes([PublishOutcome])
        case error(AMQPError.Code)
        /// As a connection does: `badMessage` where a body is "bad".
        case check
    }

    private let state: Mutex<(answers: [Answer], published: [[String]])>

    init(_ answers: Answer...) { state = Mutex((answers, [])) }

    /// The bodies of each publish.
    var published: [[String]] { state.withLock { $0.published } }

    func publish(_ publications: [Publication], within deadline: Duration) async throws(AMQPError) -> [PublishOutcome] {
        let bodies = publications.map { String(decoding: $0.message.body, as: UTF8.self) }
        let answer = state.withLock { state -> Answer in
            state.published.append(bodies)
            // The last one stays.
            return state.answers.count == 1 ? state.answers[0] : state.answers.isEmpty ? .check : state.answers.removeFirst()
        }
        switch answer {
        case .outcomes(let outcomes) where outcomes.count == publications.count: return outcomes
        case .error(let code): throw AMQPError(code, "the test says so")
        case .check where bodies.contains("bad"): throw AMQPError(.badMessage, "a bad message")
        case .check, .outcomes: return publications.map { _ in .confirmed }
        }
    }
}

/// A policy that counts its calls and resolves as the test says.
private final class TestPolicy: PublishPolicy {
    let deadline = Duration.seconds(1)
    let backoff = Backoff(base: .zero, ceiling: .zero)
    private let resolving: @Sendable (UnconfirmedPublication, Int) -> PublishResolution?
    private let goesOn: @Sendable (AMQPError) -> Bool
    private let counts = Mutex((pauses: [Int](), failures: [Int]()))

    init(
        resolving: @escaping @Sendable (UnconfirmedPublication, Int) -> PublishResolution? = { _, _ in .again },
        goesOn: @escaping @Sendable (AMQPError) -> Bool = { _ in true }
    ) {
        self.goesOn = goesOn
        self.resolving = resolving
    }

    var pauses: [Int] { counts.withLock { $0.pauses } }
    var failures: [Int] { counts.withLock { $0.failures } }

    func resolve(_ unconfirmed: [UnconfirmedPublication], repetitions: Int) async -> [PublishResolution]? {
        let resolutions = unconfirmed.compactMap { resolving($0, repetitions) }
        return resolutions.count == unconfirmed.count ? resolutions : nil
    }

    func outcome(ofUnsendable publication: Publication, _ error: AMQPError) async -> PublishOutcome { .nacked }

    func repeats(_ count: Int, after error: AMQPError, attempt: Int) async -> Bool {
        counts.withLock { $0.failures.append(attempt) }
        return goesOn(error)
    }

    func pause(before number: Int) async -> Bool {
        counts.withLock { $0.pauses.append(number) }
        return true
    }
}

@Suite("Publishing until confirmed", .timeLimit(.minutes(1)))
struct PublishUntilConfirmedTests {
    private func messages(_ bodies: String...) -> [Publication] {
        bodies.map { Publication(exchange: "e", routingKey: "k", message: Message(body: Data($0.utf8))) }
    }

    private let tooLarge = PublishOutcome.refused(.tooLarge(size: 2, limit: 1))
    private let returned = PublishOutcome.returned(code: 312, text: "NO_ROUTE")

    @Test func `publishes once what is confirmed at once`() async {
        let (publisher, policy) = (ScriptedPublisher(), TestPolicy())
        #expect(await publisher.publishUntilConfirmed(messages("a", "b"), policy: policy) == [.confirmed, .confirmed])
        #expect(publisher.published == [["a", "b"]] && policy.pauses.isEmpty)
        #expect(await publisher.publishUntilConfirmed([], policy: policy) == [])
        #expect(publisher.published.count == 1)
    }

    @Test func `publishes again all that has an unknown outcome, after a pause each time`() async {
        let publisher = ScriptedPublisher(.error(.connectionLost), .error(.timedOut), .check)
        let policy = TestPolicy()
        #expect(await publisher.publishUntilConfirmed(messages("a", "b"), policy: policy) == [.confirmed, .confirmed])
        #expect(publisher.published == [["a", "b"], ["a", "b"], ["a", "b"]])
        #expect(policy.pauses == [1, 2] && policy.failures == [1, 2])
    }

    @Test func `publishes again only what the broker did not take, and gives each message its own outcome`() async {
        let publisher = ScriptedPublisher(
            .outcomes([.nacked, .confirmed, returned, .nacked]), .error(.connectionLost), .outcomes([.confirmed, .nacked]), .check
        )
        // A returned message is final; others are repeated twice.
        let policy = TestPolicy { message, repetitions in message.outcome == .nacked && repetitions < 2 ? .again : .final }
        let outcomes = await publisher.publishUntilConfirmed(messages("a", "b", "c", "d"), policy: policy)
        #expect(outcomes == [.confirmed, .confirmed, returned, .confirmed])
        #expect(publisher.published == [["a", "b", "c", "d"], ["a", "d"], ["a", "d"], ["d"]])
        #expect(policy.pauses == [1, 2, 3])
    }

    @Test func `a message that is refused too often keeps its outcome`() async {
        let publisher = ScriptedPublisher(.outcomes([.nacked]))
        let policy = TestPolicy { _, repetitions in repetitions < 3 ? .again : .final }
        #expect(await publisher.publishUntilConfirmed(messages("a"), policy: policy) == [.nacked])
        #expect(publisher.published.count == 4)
    }

    @Test func `publishes at once what replaces a message, whose last outcome counts`() async {
        let publisher = ScriptedPublisher(.outcomes([.confirmed, tooLarge, tooLarge]), .outcomes([.confirmed, returned]), .check)
        let halves = messages("b1", "b2")
        let policy = TestPolicy { message, _ in
            switch message.publication.message.body {
            case Data("b".utf8): .replaced(halves)
            case Data("c".utf8): .replaced([])
            default: .final
            }
        }
        #expect(await publisher.publishUntilConfirmed(messages("a", "b", "c"), policy: policy) == [.confirmed, returned, .confirmed])
        #expect(publisher.published == [["a", "b", "c"], ["b1", "b2"]] && policy.pauses.isEmpty)
    }

    @Test func `a message that AMQP cannot carry holds up no other`() async {
        let (publisher, policy) = (ScriptedPublisher(), TestPolicy())
        let outcomes = await publisher.publishUntilConfirmed(messages("a", "b", "bad", "d", "bad"), policy: policy)
        #expect(outcomes == [.confirmed, .confirmed, .nacked, .confirmed, .nacked])
        #expect(policy.pauses.isEmpty && policy.failures.isEmpty)
    }

    @Test func `ends where the connection is closed or the policy gives up`() async {
        #expect(await ScriptedPublisher(.error(.closed)).publishUntilConfirmed(messages("a"), policy: TestPolicy()) == nil)
        let lost = ScriptedPublisher(.error(.connectionLost))
        #expect(await lost.publishUntilConfirmed(messages("a"), policy: TestPolicy(goesOn: { _ in false })) == nil)
        #expect(lost.published.count == 1)
        let refusing = ScriptedPublisher(.outcomes([.refused(.accessRefused("403"))]))
        #expect(await refusing.publishUntilConfirmed(messages("a"), policy: TestPolicy { _, _ in nil }) == nil)
        #expect(refusing.published.count == 1)
    }

    @Test func `the usual waits grow to a second and stay there, however long the broker is away`() {
        struct Usual: PublishPolicy {
            let deadline = Duration.seconds(1)
            func resolve(_ unconfirmed: [UnconfirmedPublication], repetitions: Int) async -> [PublishResolution]? { nil }
            func outcome(ofUnsendable publication: Publication, _ error: AMQPError) async -> PublishOutcome { .nacked }
            func repeats(_ count: Int, after error: AMQPError, attempt: Int) async -> Bool { true }
        }
        #expect(
            [1, 2, 3, 4, 5, 1000].map { Usual().backoff.limit(before: $0) } == [100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
    }

    @Test func `the usual pause ends where the task is cancelled`() async {
        struct Waiting: PublishPolicy {
            let deadline = Duration.seconds(1)
            let backoff = Backoff(base: .seconds(3600), ceiling: .seconds(3600))
            func resolve(_ unconfirmed: [UnconfirmedPublication], repetitions: Int) async -> [PublishResolution]? {
                unconfirmed.map { _ in .again }
            }
            func outcome(ofUnsendable publication: Publication, _ error: AMQPError) async -> PublishOutcome { .nacked }
            func repeats(_ count: Int, after error: AMQPError, attempt: Int) async -> Bool { true }
        }
        let task = Task { await ScriptedPublisher(.outcomes([.nacked])).publishUntilConfirmed(messages("a"), policy: Waiting()) }
        task.cancel()
        #expect(await task.value == nil)
    }
}
