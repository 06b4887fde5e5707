import AMQP
import Foundation
import TaskGridCore

/// All that a client knows, behind its lock: pure parts, and the continuations of the callers who wait.
struct ClientState: Sendable {
    typealias ReceiptContinuation = CheckedContinuation<Result<TaskID, ClientError>, Never>
    typealias WatchContinuation = CheckedContinuation<Result<[Ending]?, ClientError>, Never>

    /// What is known of a submission's acceptance: who waits for it, or the first id of its tasks.
    enum Receipt: Sendable {
        case open(ReceiptContinuation?)
        case done(Result<TaskID, ClientError>)
    }

    var submissions: Submissions
    var watches = EndingWatches()
    var queries = Queries()
    var receipts: [PendingSubmission.ID: Receipt] = [:]
    var readers: [EndingWatch.ID: WatchContinuation] = [:]
    /// Tasks whose endings are to be asked for at once.
    var tasksToCheck: [TaskID] = []
    /// Queries to be published.
    var outgoing: [Publication] = []
    /// Rounds of queries for endings that are under way.
    var endingChecks = 0
    var lastEndingCheck: ContinuousClock.Instant?
    var lastForeignCheck: ContinuousClock.Instant?
    var lastSubmission = 0
    var isClosed = false
    /// The client's life, once it is started.
    var life: Task<Void, Never>?

    init(limits: Submissions.Limits, bounds: MessageBounds) {
        submissions = Submissions(limits: limits, bounds: bounds)
    }
}

/// A message of the reply queue, read.
enum ReplyEvent: Sendable {
    case answer(Message)
    case reply(Reply)
}

extension ClientState {
    mutating func take(_ event: ReplyEvent, now: ContinuousClock.Instant, _ resumptions: inout Resumptions) {
        switch event {
        case .answer(let message):
            guard let query = message.properties.correlationID.flatMap({ queries.take($0) }) else { return }
            resumptions.answer(query, .success(message))
        case .reply(let reply):
            switch reply.content {
            case .accepted(let first, let count, let isRepeat):
                accepted(reply.correlation ?? "", first: first, count: count, isRepeat: isRepeat, now: now, &resumptions)
            case .rejected(let rejection): rejected(reply.correlation ?? "", rejection, &resumptions)
            case .ended(let endings): ended(endings, &resumptions)
            }
        }
    }

    /// A submission was accepted: its callers get their ids, and their endings are watched for.
    mutating func accepted(
        _ correlation: String, first: TaskID, count: Int, isRepeat: Bool = false, now: ContinuousClock.Instant,
        _ resumptions: inout Resumptions
    ) {
        guard let inFlight = submissions.answered(correlation) else { return }
        guard inFlight.count == count else {
            let error = ClientError(.badAnswer, "the dispatcher says it accepted \(count) tasks of \(inFlight.count); see its log")
            for submission in inFlight.submissions { settle(submission, .failure(error), &resumptions) }
            return
        }
        var first = first
        for submission in inFlight.submissions {
            let ids = (0..<submission.tasks.count).lazy.map { first.advanced(by: $0) }
            if let watch = submission.watch {
                // Endings are told to who was first, which may have been another client with the same key; some may be known already.
                let arePushed = !isRepeat || inFlight.isKeyUnique
                if watches.accepted(ids, by: watch, arePushed: arePushed, now: now) { resumptions.wake([watch], in: &self) }
                if isRepeat { tasksToCheck += ids }
            }
            resumptions.settle(submission.id, .success(first), in: &self)
            first = first.advanced(by: submission.tasks.count)
        }
        if !submissions.isWatched { watches.forgetEarly() }
    }

    mutating func rejected(_ correlation: String, _ rejection: Rejection, _ resumptions: inout Resumptions) {
        for submission in submissions.rejected(correlation, rejection) {
            settle(submission, .failure(ClientError(rejection)), &resumptions)
        }
    }

    /// The broker takes no such message.
    mutating func refused(_ correlation: String, _ refusal: Refusal, _ resumptions: inout Resumptions) {
        for (submission, error) in submissions.refused(correlation, refusal) { settle(submission, .failure(error), &resumptions) }
    }

    mutating func ended(_ endings: [Ending], _ resumptions: inout Resumptions) {
        resumptions.wake(watches.ended(endings, keepEarly: submissions.isWatched), in: &self)
    }

    /// What the dispatcher says of tasks that were asked for.
    mutating func learned(_ answer: EndingsQuery.Answer, _ resumptions: inout Resumptions) {
        ended(answer.ended.compactMap(Ending.init), &resumptions)
        for task in answer.unknown { resumptions.wake(watches.unknown(task), in: &self) }
    }

    /// Tells the caller of a submission, and whoever waits for its tasks, what became of it.
    mutating func settle(_ submission: PendingSubmission, _ result: Result<TaskID, ClientError>, _ resumptions: inout Resumptions) {
        resumptions.settle(submission.id, result, in: &self)
        guard let watch = submission.watch, case .failure(let error) = result else { return }
        watches.fail(watch, error)
        resumptions.wake([watch], in: &self)
    }

    /// Deadlines that have passed. `trouble` says why nothing can be published now.
    mutating func expire(now: ContinuousClock.Instant, trouble: ClientError?, _ resumptions: inout Resumptions) {
        for (submission, error) in submissions.expire(now: now, trouble: trouble) { settle(submission, .failure(error), &resumptions) }
        resumptions.wake(watches.expire(now: now), in: &self)
        for query in queries.takeExpired(now: now) {
            let service = query.service.rawValue
            let error = ClientError(
                .serviceUnavailable,
                "the \(service) did not answer within \(query.patience.seconds.formatted()) s: is it running? (taskgrid \(service))"
            )
            resumptions.answer(query, .failure(error))
        }
    }

    /// Nothing more will come: everybody is told why.
    mutating func close(_ error: ClientError, _ resumptions: inout Resumptions) {
        isClosed = true
        for id in Array(receipts.keys) { resumptions.settle(id, .failure(error), in: &self) }
        resumptions.wake(watches.failAll(error), in: &self)
        for query in queries.takeAll() { resumptions.answer(query, .failure(error)) }
    }
}
