import AMQP
import Foundation
import TaskGridCore

/// All that a client knows, behind its lock: pure parts, and the continuations of the callers who wait.
struct ClientState: Sendable {
    typealias ReceiptContinuation = CheckedContinuation<Result<TaskID, ClientError>, Never>
    typealias WatchContinuation = CheckedContinuation<Result<[Ending]?, ClientError>, Never>

    /// The acceptance of a submission: its caller's continuation, or the first id of its tasks.
    enum Receipt: Sendable {
        case open(ReceiptContinuation?)
        case done(Result<TaskID, ClientError>)
    }

    var submissions: Submissions
    var watches = EndingWatches()
    var receipts: [PendingSubmission.ID: Receipt] = [:]
    var readers: [EndingWatch.ID: WatchContinuation] = [:]
    /// Tasks whose endings are to be asked for at once.
    var tasksToCheck: [TaskID] = []
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

extension ClientState {
    mutating func apply(_ reply: Reply, now: ContinuousClock.Instant, resuming resumptions: inout Resumptions) {
        switch reply.content {
        case .accepted(let first, let count, let isRepeat):
            accepted(reply.correlation ?? "", first: first, count: count, isRepeat: isRepeat, now: now, resuming: &resumptions)
        case .rejected(let rejection): rejected(reply.correlation ?? "", rejection, now: now, resuming: &resumptions)
        case .ended(let endings): ended(endings, resuming: &resumptions)
        }
    }

    /// A submission was accepted: its callers get their ids, and their endings are watched for.
    mutating func accepted(
        _ correlation: String, first: TaskID, count: Int, isRepeat: Bool = false, now: ContinuousClock.Instant,
        resuming resumptions: inout Resumptions
    ) {
        guard let inFlight = submissions.answered(correlation) else { return }
        guard inFlight.count == count else {
            let error = ClientError(.badAnswer, "the dispatcher says it accepted \(count) tasks of \(inFlight.count); see its log")
            for submission in inFlight.submissions { settle(submission, .failure(error), resuming: &resumptions) }
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

    mutating func rejected(
        _ correlation: String, _ rejection: Rejection, now: ContinuousClock.Instant, resuming resumptions: inout Resumptions
    ) {
        for submission in submissions.rejected(correlation, rejection, now: now) {
            settle(submission, .failure(ClientError(rejection)), resuming: &resumptions)
        }
    }

    /// The broker takes no such message.
    mutating func refused(_ correlation: String, _ refusal: Refusal, resuming resumptions: inout Resumptions) {
        for (submission, error) in submissions.refused(correlation, refusal) { settle(submission, .failure(error), resuming: &resumptions) }
    }

    mutating func ended(_ endings: [Ending], resuming resumptions: inout Resumptions) {
        resumptions.wake(watches.ended(endings, keepEarly: submissions.isWatched), in: &self)
    }

    /// Applies the dispatcher's answer about tasks whose endings were asked for.
    mutating func learned(_ answer: EndingsQuery.Answer, resuming resumptions: inout Resumptions) {
        ended(answer.ended.compactMap(Ending.init), resuming: &resumptions)
        for task in answer.unknown { resumptions.wake(watches.unknown(task), in: &self) }
    }

    /// Tells the caller of a submission, and whoever waits for its tasks, what became of it.
    mutating func settle(_ submission: PendingSubmission, _ result: Result<TaskID, ClientError>, resuming resumptions: inout Resumptions) {
        resumptions.settle(submission.id, result, in: &self)
        guard let watch = submission.watch, case .failure(let error) = result else { return }
        watches.fail(watch, error)
        resumptions.wake([watch], in: &self)
    }

    /// Deadlines that have passed. `trouble` says why nothing can be published now.
    mutating func expire(now: ContinuousClock.Instant, trouble: ClientError?, resuming resumptions: inout Resumptions) {
        for (submission, error) in submissions.expire(now: now, trouble: trouble) {
            settle(submission, .failure(error), resuming: &resumptions)
        }
        resumptions.wake(watches.expire(now: now), in: &self)
    }

    /// Nothing more will come: everybody is told why.
    mutating func close(_ error: ClientError, resuming resumptions: inout Resumptions) {
        isClosed = true
        for id in Array(receipts.keys) { resumptions.settle(id, .failure(error), in: &self) }
        resumptions.wake(watches.failAll(error), in: &self)
    }
}
