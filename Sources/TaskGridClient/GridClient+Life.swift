import AMQP
import Foundation
import Logging
import ServiceSupport
import Synchronization
import TaskGridCore

/// One turn of each of the client's loops.
extension GridClient {
    /// How often the dispatcher is asked for endings that may have been lost.
    static let endingCheckInterval = Duration.seconds(10)
    /// How long after a query that failed it is asked again.
    static let endingCheckPause = Duration.seconds(2)
    /// How long it may take to answer such a query; no other is asked meanwhile.
    static let endingCheckPatience = Duration.seconds(5)
    /// How often it is asked for the endings of other clients' tasks.
    static let foreignInterval = Duration.seconds(1)
    /// Younger waits are not asked for.
    static let endingCheckAge = Duration.seconds(5)
    /// Tasks per query: about as many as an answer has room for.
    static let endingCheckChunk = 1000

    /// Publishes new and repeated submissions.
    func publish(_ unanswered: [InFlightSubmission]) async {
        let publications = unanswered.map { $0.publication(client: id, exchange: topology.submit.name, now: now()) }
        do {
            let outcomes = try await transport.publish(publications, within: patience(for: unanswered))
            Failpoint.submissionPublished.pass()
            for (inFlight, outcome) in zip(unanswered, outcomes) { report(inFlight, outcome) }
        } catch {
            let isUnknown = error.code == .connectionLost || error.code == .timedOut
            for inFlight in unanswered { fail(inFlight, ClientError(error), isUnknown: isUnknown) }
        }
        wake()
    }

    /// Nobody waits for longer than the last caller, and whether a message was sent is known only at the publish's end.
    private func patience(for unanswered: [InFlightSubmission]) -> Duration {
        let last = unanswered.lazy.map(\.deadline).max()
        return min(Self.publishDeadline, max(.milliseconds(1), last.map { now().duration(to: $0) } ?? Self.publishDeadline))
    }

    private func report(_ inFlight: InFlightSubmission, _ outcome: PublishOutcome) {
        switch outcome {
        case .confirmed:
            state.withLock { $0.submissions.confirmed(inFlight.correlation, now: now()) }
        case .returned:
            fail(inFlight, neverRan(Topology.Service.dispatcher.rawValue), isUnknown: false)
        case .nacked:
            let message =
                "the broker refused the message: the queue \(topology.submitQueue.name) is full or has failed; "
                + "a dispatcher that runs empties it"
            fail(inFlight, ClientError(.brokerFull, message), isUnknown: false)
        case .refused(.exchangeNotFound(let text, let mayHaveArrived)):
            fail(inFlight, ClientError(.exchangeNotFound(text, mayHaveArrived: mayHaveArrived)), isUnknown: mayHaveArrived)
        case .refused(let refusal):
            var resumptions = Resumptions()
            state.withLock { $0.refused(inFlight.correlation, refusal, resuming: &resumptions) }
            resumptions.resume()
        }
    }

    /// The broker has no queue of the service's.
    func neverRan(_ service: String) -> ClientError {
        let message =
            "no \(service) has ever run on the grid '\(topology.prefix)', or somebody has deleted or unbound its queue: start one "
            + "(taskgrid \(service), or taskgrid up); one that runs declares it again within 10 s"
        return ClientError(.serviceUnavailable, message)
    }

    private func fail(_ inFlight: InFlightSubmission, _ error: ClientError, isUnknown: Bool) {
        state.withLock { $0.submissions.failed(inFlight.correlation, error, isUnknown: isUnknown, now: now()) }
        if inFlight.publishCount == 1, error.code != .closed {
            logger.warning(
                "submission not taken, repeating it under the same key",
                metadata: [LogKey.taskType: "\(inFlight.type)", LogKey.submissionKey: "\(inFlight.key)", LogKey.error: "\(error)"]
            )
        }
    }

    /// Deals with messages of the reply queue.
    func handle(_ messages: [Message]) async {
        var dead: [Publication] = []
        var hasNewDispatcher = false
        var answers: [Message] = []
        let replies = messages.compactMap { message -> Reply? in
            let isAnswer = AnswerMessage.isAnswer(message)
            let event = isAnswer || message.properties.type != nil ? nil : try? JSON.decode(GridEvent.self, message.body)
            do {
                if let event {
                    try topology.checkEvent(message, key: topology.gridEventKey(event.kind.rawValue), to: id)
                } else if isAnswer {
                    try topology.checkAnswer(message, to: id)
                } else {
                    try topology.checkService(message, to: id)
                }
            } catch {
                logger.error("message of another user refused, sent to the dead-letter exchange", metadata: [LogKey.error: "\(error)"])
                dead.append(.deadLetter(message, because: "\(error)", topology))
                return nil
            }
            if isAnswer {
                answers.append(message)
                return nil
            }
            if let event {
                if event.service == Topology.Service.dispatcher.rawValue { hasNewDispatcher = true }
                return nil
            }
            do {
                return try Reply(message)
            } catch {
                logger.error("reply cannot be read, sent to the dead-letter exchange", metadata: [LogKey.error: "\(error)"])
                dead.append(.deadLetter(message, because: "\(error)", topology))
                return nil
            }
        }
        var resumptions = Resumptions()
        let now = now()
        if !answers.isEmpty || !replies.isEmpty { Failpoint.answerReceived.pass() }
        for answer in answers { queryClient.accept(answer) }
        state.withLock { state in
            for reply in replies { state.apply(reply, now: now, resuming: &resumptions) }
        }
        resumptions.resume()
        // The one before it may have died with replies unsaid.
        if hasNewDispatcher { repliesLost() } else { wake() }
        guard !dead.isEmpty else { return }
        do {
            _ = try await transport.publish(dead, within: Self.publishDeadline)
        } catch {
            logger.error("unreadable replies are lost", metadata: [LogKey.messageCount: "\(dead.count)", LogKey.error: "\(error)"])
        }
    }

    /// Replies may have been lost: everything awaited is asked for again.
    func repliesLost() {
        state.withLock { state in
            state.submissions.repliesLost(now: now())
            state.tasksToCheck = state.watches.overdue(age: .zero, now: now()) + state.watches.foreign()
        }
        wake()
    }

    /// Lets deadlines pass, and asks for endings now and then.
    func lookAtTime() {
        var resumptions = Resumptions()
        let now = now()
        let trouble = transport.trouble.map { ClientError($0) }
        state.withLock { state in
            state.expire(now: now, trouble: trouble, resuming: &resumptions)
            guard state.endingChecks == 0 else { return }
            if now >= state.lastForeignCheck.map({ $0 + Self.foreignInterval }) ?? now {
                state.lastForeignCheck = now
                state.tasksToCheck += state.watches.foreign()
            }
            guard now >= state.lastEndingCheck.map({ $0 + Self.endingCheckInterval }) ?? now else { return }
            state.lastEndingCheck = now
            state.tasksToCheck += state.watches.overdue(age: Self.endingCheckAge, now: now)
        }
        resumptions.resume()
        wake()
    }

    func chunks(of tasks: [TaskID]) -> [EndingsQuery] {
        stride(from: 0, to: tasks.count, by: Self.endingCheckChunk).map { start in
            EndingsQuery(tasks: Array(tasks[start..<min(start + Self.endingCheckChunk, tasks.count)]))
        }
    }

    /// Asks for endings, a chunk after the other. A question that fails is asked again at the next look at the time.
    func checkEndings(_ queries: [EndingsQuery]) async {
        defer { state.withLock { $0.endingChecks -= 1 } }
        do throws(ClientError) {
            for query in queries { try await checkEndings(query) }
        } catch {
            guard error.code != .closed, error.code != .cancelled else { return }
            logger.warning("endings not learned, asking again later", metadata: [LogKey.error: "\(error)"])
            state.withLock { $0.lastEndingCheck = now() - (Self.endingCheckInterval - Self.endingCheckPause) }
        }
    }

    /// Asks for the endings of one chunk, until all of its tasks were looked at.
    private func checkEndings(_ query: EndingsQuery) async throws(ClientError) {
        var rest = query.tasks[...]
        while true {
            var answer = try await ask(EndingsQuery(tasks: Array(rest)), within: Self.endingCheckPatience)
            for index in answer.ended.indices where answer.ended[index].resultSize != nil {
                // Nobody waits for the payload.
                answer.ended[index].payloadSize = nil
                answer.ended[index] = try await whole(answer.ended[index])
            }
            var resumptions = Resumptions()
            state.withLock { $0.learned(answer, resuming: &resumptions) }
            resumptions.resume()
            guard let lookedAt = answer.lookedAt, lookedAt < rest.count else { return }
            guard lookedAt > 0 else { throw ClientError(.badAnswer, "the dispatcher looked at none of \(rest.count) tasks: see its log") }
            rest = rest.dropFirst(lookedAt)
        }
    }
}

extension Array {
    /// Empties the array and gives what was in it.
    mutating func takeAll() -> Self {
        defer { self = [] }
        return self
    }
}
