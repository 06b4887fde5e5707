import AMQP
import TaskGrid
import TaskGridClient
import TaskGridCore

/// The way of one client to the dispatcher in memory: nothing is lost, late or refused on it.
final class TestTransport: ClientTransport {
    private let dispatcher: TestDispatcher
    private let runs: AsyncStream<TaskID>.Continuation
    private let inbox: AsyncStream<[Message]>
    private let incoming: AsyncStream<[Message]>.Continuation

    init(_ dispatcher: TestDispatcher, runs: AsyncStream<TaskID>.Continuation) {
        self.dispatcher = dispatcher
        self.runs = runs
        (inbox, incoming) = AsyncStream.makeStream()
    }

    func start(within patience: Duration) async throws(AMQPError) {}

    func publish(_ publications: [Publication], within deadline: Duration) async throws(AMQPError) -> [PublishOutcome] {
        for publication in publications {
            let message = publication.message
            guard publication.exchange == dispatcher.topology.submit.name else {
                deliver(dispatcher.answer(message))
                continue
            }
            let (reply, tasks) = dispatcher.accept(message)
            deliver(reply)
            for task in tasks { runs.yield(task) }
        }
        return publications.map { _ in .confirmed }
    }

    /// Tells the client how a task ended.
    func tell(_ ending: TestDispatcher.Ended) {
        deliver(Reply(form: .single, type: ending.type, correlation: nil, content: .ended([ending.ending])).message())
    }

    /// Hands a message over as a broker does, which says that it is the dispatcher's.
    private func deliver(_ message: Message) {
        var message = message
        message.properties.userID = dispatcher.topology.users.dispatcher
        incoming.yield([message])
    }

    func next() async -> [Message]? {
        for await messages in inbox { return messages }
        return nil
    }

    var trouble: AMQPError? { nil }

    /// It never connects anew.
    func reconnections() -> AsyncStream<Int> { AsyncStream { $0.finish() } }

    func close() async { incoming.finish() }
}
