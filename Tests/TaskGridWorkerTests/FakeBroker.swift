import Synchronization
import TaskGridCore
import TestSupport

@testable import AMQP
@testable import TaskGridWorker

/// A broker that notes what reaches it, in order, and answers as the test says.
final class FakeBroker: WorkerTransport {
    enum Event: Sendable {
        case published(Publication)
        case acknowledged([DeliveryTag])
        case acknowledgedControl([DeliveryTag])
        case declaredAgain
        case prefetch(Int, [TaskType])
        case paused
        case resumed
        case stopped
        case closed
    }

    /// The fate of a publication of results or dead letters.
    enum Answer: Sendable {
        case confirm
        case nack
        /// Nobody has bound the queue: what is mandatory comes back.
        case noRoute
        /// Takes no message with a larger body.
        case limit(Int)
        case fail(AMQPError.Code)
        case refuse(Refusal)
        /// Confirmed when the test opens the gate.
        case hold(Gate)
    }

    private struct State {
        var answers: [Answer] = []
        var tags: UInt64 = 0
        var isReachable = true
    }

    private let journal = Journal<Event>()
    private let state = Mutex(State())
    private let work = AsyncStream.makeStream(of: [Delivery].self)
    private let control = AsyncStream.makeStream(of: [Delivery].self)
    let topology = Topology(prefix: "t")
    let opening: Gate?
    private let workOpening: Gate?
    private let workFailure: AMQPError?

    /// - Parameters:
    ///   - opening: The signal that the connections' opening waits for.
    ///   - workOpening: The signal that the opening of the connection for work waits for.
    ///   - workFailure: Why the connection for work cannot be opened.
    init(opening: Gate? = nil, workOpening: Gate? = nil, workFailure: AMQPError? = nil) {
        self.opening = opening
        self.workOpening = workOpening
        self.workFailure = workFailure
    }

    // MARK: Actions of the test

    var events: [Event] { journal.entries }

    /// Answers the next publications of results and dead letters, one call each; later ones are confirmed.
    func answer(_ answers: Answer...) { state.withLock { $0.answers += answers } }

    /// Somebody unbinds the control queue.
    func unbindControl() { state.withLock { $0.isReachable = false } }

    /// Returns when the events fulfil the condition, or the test is cancelled, as its time limit does.
    func until(_ condition: ([Event]) -> Bool) async {
        while case let events = events, !condition(events) {
            do { try await journal.wait(beyond: events.count) } catch { return }
        }
    }

    @discardableResult
    func deliver(_ works: Work..., redelivered: Bool = false) -> [DeliveryTag] {
        deliver(messages: works.map { $0.message(isPersistent: false) }, redelivered: redelivered)
    }

    @discardableResult
    func deliver(messages: [Message], redelivered: Bool = false) -> [DeliveryTag] {
        let deliveries = messages.map { delivery($0, redelivered: redelivered) }
        work.continuation.yield(deliveries)
        return deliveries.map(\.tag)
    }

    @discardableResult
    func deliver(control message: Message) -> DeliveryTag {
        let delivery = delivery(message, redelivered: false)
        control.continuation.yield([delivery])
        return delivery.tag
    }

    /// A message of the dispatcher, unless it names another user.
    private func delivery(_ message: Message, redelivered: Bool) -> Delivery {
        var message = message
        message.properties.userID = message.properties.userID ?? topology.users.dispatcher
        let tag = state.withLock { state in
            state.tags += 1
            return DeliveryTag(epoch: 1, value: state.tags)
        }
        return Delivery(
            tag: tag, queue: "q", exchange: "x", routingKey: message.properties.type ?? "k", isRedelivered: redelivered, message: message
        )
    }

    // MARK: WorkerTransport

    func start() async throws(AMQPError) {
        guard let opening else { return }
        await opening.wait()
        if events.contains(where: { if case .closed = $0 { true } else { false } }) { throw AMQPError(.closed, "closed") }
    }

    func startWork() async throws(AMQPError) {
        // The worker registers first.
        await until { !$0.registry.isEmpty }
        await workOpening?.wait()
        if let workFailure { throw workFailure }
    }

    func publish(_ publications: [Publication], within deadline: Duration) async throws(AMQPError) -> [PublishOutcome] {
        for publication in publications { note(.published(publication)) }
        guard publications[0].exchange != topology.registry.name else { return publications.map { _ in .confirmed } }
        guard publications[0].exchange != topology.control.name else {
            let isReachable = state.withLock { $0.isReachable }
            return publications.map { _ in isReachable ? .confirmed : .returned(code: 312, text: "NO_ROUTE") }
        }
        switch state.withLock({ $0.answers.isEmpty ? .confirm : $0.answers.removeFirst() }) {
        case .confirm: break
        case .nack: return publications.map { _ in .nacked }
        case .noRoute: return publications.map { $0.isMandatory ? .returned(code: 312, text: "NO_ROUTE") : .confirmed }
        case .limit(let limit):
            return publications.map { publication in
                let size = publication.message.body.count
                return size > limit ? .refused(.tooLarge(size: size, limit: limit)) : .confirmed
            }
        case .refuse(let refusal): return publications.map { _ in .refused(refusal) }
        case .fail(let code): throw AMQPError(code, "the test says so")
        case .hold(let gate): await gate.wait()
        }
        return publications.map { _ in .confirmed }
    }

    func nextWork() async -> [Delivery]? {
        for await deliveries in work.stream { return deliveries }
        return nil
    }

    func nextControl() async -> [Delivery]? {
        for await deliveries in control.stream { return deliveries }
        return nil
    }

    func acknowledgeWork(_ tags: [DeliveryTag]) async { note(.acknowledged(tags)) }
    func acknowledgeControl(_ tags: [DeliveryTag]) async { note(.acknowledgedControl(tags)) }

    func declareAgain() async { note(.declaredAgain) }
    func set(prefetch: Int, of types: [TaskType]) async { note(.prefetch(prefetch, types)) }

    func pauseWork() async { note(.paused) }
    func resumeWork() async { note(.resumed) }
    func stopWork() async {
        note(.stopped)
        work.continuation.finish()
    }

    func close() async {
        note(.closed)
        opening?.open()
        workOpening?.open()
        work.continuation.finish()
        control.continuation.finish()
    }

    private func note(_ event: Event) { journal.add(event) }
}

extension [FakeBroker.Event] {
    var publications: [Publication] { compactMap { if case .published(let publication) = $0 { publication } else { nil } } }

    /// The tags of acknowledged work, in order.
    var acknowledged: [DeliveryTag] {
        flatMap { event -> [DeliveryTag] in if case .acknowledged(let tags) = event { tags } else { [] } }
    }

    /// The results published, a message each.
    var results: [Results] {
        publications.filter { $0.exchange == "t.results" }.compactMap { try? Results($0.message) }
    }

    var items: [Results.Item] { results.flatMap(\.items) }

    var dead: [Message] { publications.filter { $0.exchange == "t.dead" }.map(\.message) }

    var registry: [(kind: RegistryMessage.Kind, content: RegistryMessage)] {
        publications.filter { $0.exchange == "t.registry" }.compactMap { try? RegistryMessage.decode($0.message) }
    }

    /// The index of the first event of a kind; past the end if there is none.
    func place(_ condition: (FakeBroker.Event) -> Bool) -> Int { firstIndex(where: condition) ?? count }
}
