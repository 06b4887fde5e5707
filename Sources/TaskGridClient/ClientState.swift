import AMQP
import Foundation
import TaskGridCore

/// All that a client knows, behind its lock: pure parts, and the continuations of the callers who wait.
struct ClientState: Sendable {
    typealias ReceiptContinuation = CheckedContinuation<Result<TaskID, ClientError>, Never>
    typealias WatchContinuation = CheckedContinuation<Result<[Ending]?, ClientError>, Never>

    /// What is known of a parcel's acceptance: who waits for it, or the first id of its tasks.
    enum Receipt: Sendable {
        case open(ReceiptContinuation?)
        case done(Result<TaskID, ClientError>)
    }

    var submissions: Submissions
    var watches = Watches()
    var questions = Questions()
    var receipts: [Parcel.ID: Receipt] = [:]
    var readers: [Watch.ID: WatchContinuation] = [:]
    /// Tasks whose endings are to be asked for at once.
    var toAsk: [TaskID] = []
    /// Questions to be published.
    var outgoing: [Publication] = []
    /// Rounds of questions for endings that are under way.
    var audits = 0
    var lastAudit: Instant?
    var lastForeignAudit: Instant?
    var lastParcel = 0
    var isClosed = false
    /// The client's life, once it is started.
    var life: Task<Void, Never>?

    init(limits: Submissions.Limits, bounds: MessageBounds) {
        submissions = Submissions(limits: limits, bounds: bounds)
    }
}

/// A message of the reply queue, read.
enum News: Sendable {
    case answer(Message)
    case reply(Reply)
}

extension ClientState {
    mutating func take(_ news: News, now: Instant, _ wakes: inout Wakes) {
        switch news {
        case .answer(let message):
            guard let question = message.properties.correlationID.flatMap({ questions.take($0) }) else { return }
            wakes.answer(question, .success(message))
        case .reply(let reply):
            switch reply.content {
            case .accepted(let first, let count, let isRepeat):
                accepted(reply.correlation ?? "", first: first, count: count, isRepeat: isRepeat, now: now, &wakes)
            case .rejected(let rejection): rejected(reply.correlation ?? "", rejection, &wakes)
            case .ended(let endings): ended(endings, &wakes)
            }
        }
    }

    /// A submission was accepted: its callers get their ids, and their endings are watched for.
    mutating func accepted(
        _ correlation: String, first: TaskID, count: Int, isRepeat: Bool = false, now: Instant, _ wakes: inout Wakes
    ) {
        guard let envelope = submissions.answered(correlation) else { return }
        guard envelope.count == count else {
            let error = ClientError(.badAnswer, "the dispatcher says it accepted \(count) tasks of \(envelope.count); see its log")
            for parcel in envelope.parcels { settle(parcel, .failure(error), &wakes) }
            return
        }
        var first = first
        for parcel in envelope.parcels {
            let ids = (0..<parcel.tasks.count).lazy.map { first.advanced(by: $0) }
            if let watch = parcel.watch {
                // Endings are told to who was first, which may have been another client with the same key; some may be known already.
                let arePushed = !isRepeat || envelope.isKeyUnique
                if watches.accepted(ids, by: watch, arePushed: arePushed, now: now) { wakes.wake([watch], in: &self) }
                if isRepeat { toAsk += ids }
            }
            wakes.settle(parcel.id, .success(first), in: &self)
            first = first.advanced(by: parcel.tasks.count)
        }
        if !submissions.isWatched { watches.forgetEarly() }
    }

    mutating func rejected(_ correlation: String, _ rejection: Rejection, _ wakes: inout Wakes) {
        for parcel in submissions.rejected(correlation, rejection) { settle(parcel, .failure(ClientError(rejection)), &wakes) }
    }

    /// The broker takes no such message.
    mutating func refused(_ correlation: String, _ refusal: Refusal, _ wakes: inout Wakes) {
        for (parcel, error) in submissions.refused(correlation, refusal) { settle(parcel, .failure(error), &wakes) }
    }

    mutating func ended(_ endings: [Ending], _ wakes: inout Wakes) {
        wakes.wake(watches.ended(endings, keepEarly: submissions.isWatched), in: &self)
    }

    /// What the dispatcher says of tasks that were asked for.
    mutating func audited(_ answer: EndingsQuestion.Answer, _ wakes: inout Wakes) {
        ended(answer.ended.compactMap(Ending.init), &wakes)
        for task in answer.unknown { wakes.wake(watches.unknown(task), in: &self) }
    }

    /// Tells the caller of a parcel, and whoever waits for its tasks, what became of it.
    mutating func settle(_ parcel: Parcel, _ result: Result<TaskID, ClientError>, _ wakes: inout Wakes) {
        wakes.settle(parcel.id, result, in: &self)
        guard let watch = parcel.watch, case .failure(let error) = result else { return }
        watches.fail(watch, error)
        wakes.wake([watch], in: &self)
    }

    /// Deadlines that have passed.
    ///
    /// - Parameter trouble: why nothing can be published now.
    mutating func expire(now: Instant, trouble: ClientError?, _ wakes: inout Wakes) {
        for (parcel, error) in submissions.expire(now: now, trouble: trouble) { settle(parcel, .failure(error), &wakes) }
        wakes.wake(watches.expire(now: now), in: &self)
        for question in questions.takeExpired(now: now) {
            let service = question.service.rawValue
            let error = ClientError(
                .serviceUnavailable,
                "the \(service) did not answer within \(question.patience.seconds.formatted()) s: is it running? (taskgrid \(service))"
            )
            wakes.answer(question, .failure(error))
        }
    }

    /// Nothing more will come: everybody is told why.
    mutating func close(_ error: ClientError, _ wakes: inout Wakes) {
        isClosed = true
        for id in Array(receipts.keys) { wakes.settle(id, .failure(error), in: &self) }
        wakes.wake(watches.failAll(error), in: &self)
        for question in questions.takeAll() { wakes.answer(question, .failure(error)) }
    }
}
